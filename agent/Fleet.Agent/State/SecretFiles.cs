using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;

namespace Fleet.Agent.State;

/// <summary>The agent's own Secrets, read and written as named bytes. A write names the version that it replaces, so that two agents can never mix their states.</summary>
internal sealed class SecretFiles(IKubeApi kube, string ns)
{
    public const string FieldManager = "fleet-agent-state";
    private static readonly KubeResource Secrets = new("", "v1", "Secret", "secrets", true, []);
    private static readonly KubeResource Namespaces = new("", "v1", "Namespace", "namespaces", false, []);
    private static readonly WriteOptions Write = new(FieldManager);

    public string Namespace => ns;

    /// <summary>Makes the namespace when it is absent.</summary>
    public async Task<KubeApiError?> EnsureNamespaceAsync(CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(Namespaces, "", ns, cancellationToken).ConfigureAwait(false);
        // An agent of least privilege may not read Namespaces; its own exists then, or the first Secret says what is missing.
        if (found.IsOk || found.Error.HttpStatus == 403) return null;
        if (!found.Error.IsObjectGone(ns)) return found.Error;
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns, ["labels"] = Labels() } };
        var made = await kube.CreateAsync(Namespaces, new(body), Write, cancellationToken).ConfigureAwait(false);
        return made.IsOk || made.Error.IsAlreadyExists ? null : made.Error;
    }

    /// <summary>The Secret, or one without a version when it does not exist.</summary>
    public async Task<KubeResult<SecretFile>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(Secrets, ns, name, cancellationToken).ConfigureAwait(false);
        if (found.IsOk) return Parse(name, found.Value);
        return found.Error.IsObjectGone(name) ? SecretFile.Absent(name) : found.Error;
    }

    /// <summary>Writes all of the Secret; 409 when it is no longer at the version that was read (or exists though it did not).</summary>
    public async Task<KubeResult<SecretFile>> WriteAsync(SecretFile file, CancellationToken cancellationToken)
    {
        var content = new JsonObject();
        foreach (var (key, bytes) in file.Content.OrderBy(c => c.Key, StringComparer.Ordinal)) content[key] = Convert.ToBase64String(bytes);
        var metadata = new JsonObject { ["name"] = file.Name, ["namespace"] = ns, ["labels"] = Labels() };
        if (file.Version.Length > 0) metadata["resourceVersion"] = file.Version;
        var body = new KubeObject(new() { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = metadata, ["type"] = "fleet/state", ["data"] = content });
        var written = file.Version.Length > 0
            ? await kube.UpdateAsync(Secrets, body, Write, cancellationToken).ConfigureAwait(false)
            : await kube.CreateAsync(Secrets, body, Write, cancellationToken).ConfigureAwait(false);
        return written.IsOk ? file with { Version = written.Value.ResourceVersion } : written.Error;
    }

    /// <summary>Removes a Secret; one that is gone already is no error.</summary>
    public async Task<KubeApiError?> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var gone = await kube.DeleteAsync(Secrets, ns, name, new(), cancellationToken).ConfigureAwait(false);
        return gone.IsOk || gone.Error.IsObjectGone(name) ? null : gone.Error;
    }

    /// <summary>Names of the agent's Secrets that begin so.</summary>
    public async Task<KubeResult<IReadOnlyList<string>>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await kube.ListAsync(Secrets, new() { Namespace = ns, LabelSelector = "app.kubernetes.io/managed-by=fleet-agent" }, 50, next, cancellationToken).ConfigureAwait(false);
            if (!page.IsOk) return page.Error;
            names.AddRange(page.Value.Items.Select(i => i.Name).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)));
            next = page.Value.Continue;
        }
        while (next.Length > 0);
        return names;
    }

    private static JsonObject Labels() => new() { ["app.kubernetes.io/managed-by"] = "fleet-agent" };

    private static SecretFile Parse(string name, KubeObject secret)
    {
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in secret.Json.Map("data") ?? [])
        {
            var text = value.AsText() ?? "";
            var bytes = new byte[text.Length];
            // A value that is no base64 cannot come from an API server; it counts as absent rather than ending the agent.
            if (Convert.TryFromBase64String(text, bytes, out var length)) content[key] = bytes[..length];
        }
        return new(name, content, secret.ResourceVersion);
    }
}

/// <summary>One Secret: named bytes, and the version that they were read at (empty: it does not exist).</summary>
internal sealed record SecretFile(string Name, IReadOnlyDictionary<string, byte[]> Content, string Version)
{
    public static SecretFile Absent(string name) => new(name, new Dictionary<string, byte[]>(StringComparer.Ordinal), "");

    public bool Exists => Version.Length > 0;

    public string Text(string key) => Content.TryGetValue(key, out var bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : "";

    public SecretFile With(string key, byte[] value) => this with { Content = new Dictionary<string, byte[]>(Content, StringComparer.Ordinal) { [key] = value } };

    /// <summary>Never shows what it holds.</summary>
    public override string ToString() => $"Secret {Name} at {Version}";
}

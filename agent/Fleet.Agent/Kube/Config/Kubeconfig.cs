using System.Text;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Rendering.Yaml;

namespace Fleet.Agent.Kube.Config;

/// <summary>Reads kubeconfig files as kubectl does; several files (as in KUBECONFIG) are merged, the first word wins.</summary>
public static class Kubeconfig
{
    private const int MaxBytes = 4 << 20;

    /// <summary>The access of a context (the current one when <paramref name="context"/> is empty).</summary>
    /// <exception cref="KubeconfigException">What is missing or wrong, with the key to change.</exception>
    public static ClusterAccess Load(IReadOnlyList<string> files, string context, TimeProvider time)
    {
        var parts = files.Where(f => f.Length > 0).Select(Read).ToList();
        if (parts.Count == 0) throw new KubeconfigException("no kubeconfig file is given");
        var wanted = context.Length > 0 ? context : parts.Select(p => p.Json.Text("current-context")).FirstOrDefault(c => !string.IsNullOrEmpty(c));
        if (string.IsNullOrEmpty(wanted)) throw new KubeconfigException($"{Names(parts)}: current-context is empty. Set it, or give --context ({Known(parts, "contexts")})");
        var (contextBody, _) = Find(parts, "contexts", "context", wanted);
        var (cluster, clusterFile) = Find(parts, "clusters", "cluster", contextBody.Text("cluster") ?? "");
        var userName = contextBody.Text("user") ?? "";
        var (user, userFile) = userName.Length == 0 ? (new JsonObject(), clusterFile) : Find(parts, "users", "user", userName);

        var server = Server(cluster, clusterFile);
        return new(server, Trust(cluster, clusterFile), UserCredential.Of(user, userFile, ClusterForExec(cluster, server), time))
        {
            TlsServerName = cluster.Text("tls-server-name") ?? "",
            Proxy = Proxy(cluster, clusterFile),
            Namespace = contextBody.Text("namespace") is { Length: > 0 } ns ? ns : "default",
        };
    }

    /// <summary>A path in a kubeconfig is relative to the file that holds it.</summary>
    internal static string Resolve(string path, string file) => Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <summary>A value given inline as base64 (KEY-data) or as a file (KEY), as text.</summary>
    internal static string? Pem(JsonObject body, string key, string file)
    {
        if (body.Text(key + "-data") is { Length: > 0 } inline)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(inline));
            }
            catch (FormatException)
            {
                throw new KubeconfigException($"{file}: {key}-data is not base64");
            }
        }
        if (body.Text(key) is not { Length: > 0 } path) return null;
        var full = Resolve(path, file);
        try
        {
            return File.ReadAllText(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{file}: {key} names {full}, which cannot be read ({e.Message})");
        }
    }

    private static Part Read(string file)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(file).Length > MaxBytes) throw new KubeconfigException($"{file} is larger than {MaxBytes >> 20} MiB: it is no kubeconfig");
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"the kubeconfig {file} cannot be read: {e.Message}");
        }
        var problems = new List<YamlProblem>();
        var documents = YamlReader.Read(bytes, YamlLimits.Default, problems);
        if (problems.Count > 0) throw new KubeconfigException($"{file}:{problems[0].Place.Line}:{problems[0].Place.Column}: {problems[0].Problem}. {problems[0].Advice}");
        return documents is [{ Root: JsonObject root }] ? new(file, root) : throw new KubeconfigException($"{file} is no kubeconfig: it is not one YAML map");
    }

    private static (JsonObject Body, string File) Find(List<Part> parts, string list, string key, string name)
    {
        foreach (var part in parts)
        {
            foreach (var entry in part.Json.List(list).Objects())
            {
                if (entry.Text("name") == name) return (entry.Map(key) ?? [], part.File);
            }
        }
        throw new KubeconfigException($"{Names(parts)}: {list} has no entry named '{name}' ({Known(parts, list)})");
    }

    private static string Known(List<Part> parts, string list)
    {
        var names = parts.SelectMany(p => p.Json.List(list).Objects()).Select(o => o.Text("name")).Where(n => n is not null).Take(20).ToList();
        return names.Count == 0 ? "there is none" : "there are: " + string.Join(", ", names);
    }

    private static string Names(List<Part> parts) => string.Join(", ", parts.Select(p => p.File));

    private static Uri Server(JsonObject cluster, string file)
    {
        var text = cluster.Text("server") ?? "";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
            ? uri
            : throw new KubeconfigException($"{file}: server is '{text}'. Write a URL such as https://10.0.0.1:6443");
    }

    private static ServerTrust Trust(JsonObject cluster, string file)
    {
        if (cluster.Flag("insecure-skip-tls-verify") == true) return ServerTrust.Anything;
        if (cluster.Text("certificate-authority-data") is { Length: > 0 }) return ServerTrust.InRoots(ServerTrust.FromPem(Pem(cluster, "certificate-authority", file)!, file));
        if (cluster.Text("certificate-authority") is not { Length: > 0 } path) return ServerTrust.System;
        var full = Resolve(path, file);
        try
        {
            return ServerTrust.InFile(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{file}: certificate-authority names {full}, which cannot be read ({e.Message})");
        }
    }

    private static Uri? Proxy(JsonObject cluster, string file)
    {
        if (cluster.Text("proxy-url") is not { Length: > 0 } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "socks5" or "socks4" or "socks4a"
            ? uri
            : throw new KubeconfigException($"{file}: proxy-url is '{text}'. Write http://, https:// or socks5://HOST:PORT");
    }

    private static JsonObject ClusterForExec(JsonObject cluster, Uri server)
    {
        var body = new JsonObject { ["server"] = server.OriginalString };
        foreach (var key in (string[])["tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url"])
        {
            if (cluster.At(key) is { } value) body[key] = value.DeepClone();
        }
        return body;
    }

    private sealed record Part(string File, JsonObject Json);
}

using System.Globalization;
using System.Text;
using Fleet.Agent.Kube;
using Fleet.Agent.State;

namespace Fleet.Agent.Enrollment;

/// <summary>Keeps the key and the identity in the Secret fleet-agent-identity. Only the holder of the Lease writes it.</summary>
internal sealed class IdentityStore(SecretFiles secrets)
{
    public const string SecretName = "fleet-agent-identity";
    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<KubeResult<StoredIdentity>> ReadAsync(CancellationToken cancellationToken)
    {
        var file = await secrets.ReadAsync(SecretName, cancellationToken).ConfigureAwait(false);
        return file.IsOk ? Parse(file.Value) : file.Error;
    }

    /// <summary>The key and the request's id, written before the first Enroll: a repeated call is then the same call.</summary>
    public Task<KubeResult<bool>> WriteKeyAsync(byte[] key, string requestId, CancellationToken cancellationToken) =>
        ChangeAsync(f => f.With("key", key).With("requestId", Encoding.UTF8.GetBytes(requestId)), cancellationToken);

    public Task<KubeResult<bool>> WriteIdentityAsync(AgentIdentity identity, CancellationToken cancellationToken) => ChangeAsync(f => f
        .With("key", identity.Key)
        .With("certificates", Join(identity.Certificates))
        .With("caBundle", Join(identity.CaBundle))
        .With("clusterId", Encoding.UTF8.GetBytes(identity.ClusterId))
        .With("clusterName", Encoding.UTF8.GetBytes(identity.ClusterName))
        .With("hubId", Encoding.UTF8.GetBytes(identity.HubId))
        .With("endpoints", Encoding.UTF8.GetBytes(string.Join('\n', identity.SessionEndpoints.Select(e => e.ToString()))))
        .With("renewAfterSeconds", Number(identity.RenewAfter.TotalSeconds))
        .With("lifetimeSeconds", Number(identity.Lifetime.TotalSeconds))
        .With("receivedAt", Encoding.UTF8.GetBytes(identity.ReceivedAt.ToString("O", CultureInfo.InvariantCulture))), cancellationToken);

    /// <summary>Persisted before it is presented: an older value at the hub means that this Secret was restored, or copied.</summary>
    public Task<KubeResult<bool>> WriteContinuityAsync(byte[] continuity, CancellationToken cancellationToken) =>
        ChangeAsync(f => f.With("continuity", continuity), cancellationToken);

    private async Task<KubeResult<bool>> ChangeAsync(Func<SecretFile, SecretFile> change, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var file = await secrets.ReadAsync(SecretName, cancellationToken).ConfigureAwait(false);
            if (!file.IsOk) return file.Error;
            var written = await secrets.WriteAsync(change(file.Value), cancellationToken).ConfigureAwait(false);
            return written.IsOk ? true : written.Error;
        }
        finally
        {
            _one.Release();
        }
    }

    private static StoredIdentity Parse(SecretFile file)
    {
        var key = file.Content.GetValueOrDefault("key");
        var stored = new StoredIdentity(key, file.Text("requestId"), file.Content.GetValueOrDefault("continuity") ?? [], null);
        var certificates = Split(file.Content.GetValueOrDefault("certificates"));
        var endpoints = file.Text("endpoints").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => Uri.TryCreate(t, UriKind.Absolute, out var uri) ? uri : null).OfType<Uri>().ToArray();
        if (key is null || certificates.Count == 0 || endpoints.Length == 0) return stored;
        return stored with
        {
            Identity = new()
            {
                Key = key,
                Certificates = certificates,
                CaBundle = Split(file.Content.GetValueOrDefault("caBundle")),
                ClusterId = file.Text("clusterId"),
                ClusterName = file.Text("clusterName"),
                HubId = file.Text("hubId"),
                SessionEndpoints = endpoints,
                RenewAfter = Seconds(file.Text("renewAfterSeconds"), 12 * 3600),
                Lifetime = Seconds(file.Text("lifetimeSeconds"), 24 * 3600),
                ReceivedAt = DateTimeOffset.TryParse(file.Text("receivedAt"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var t) ? t : DateTimeOffset.MinValue,
            },
        };
    }

    private static byte[] Join(IReadOnlyList<byte[]> ders) => Encoding.ASCII.GetBytes(string.Join('\n', ders.Select(Convert.ToBase64String)));

    private static List<byte[]> Split(byte[]? joined)
    {
        var found = new List<byte[]>();
        foreach (var line in Encoding.ASCII.GetString(joined ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = new byte[line.Length];
            if (Convert.TryFromBase64String(line, bytes, out var length)) found.Add(bytes[..length]);
        }
        return found;
    }

    private static byte[] Number(double seconds) => Encoding.ASCII.GetBytes(seconds.ToString("0", CultureInfo.InvariantCulture));

    private static TimeSpan Seconds(string text, double standard) =>
        TimeSpan.FromSeconds(double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and < 1e9 ? n : standard);
}

/// <summary>What the Secret holds: perhaps only a key (an enrollment is under way), perhaps nothing.</summary>
internal sealed record StoredIdentity(byte[]? Key, string RequestId, byte[] Continuity, AgentIdentity? Identity);

using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Core.Errors;

namespace Fleet.Agent.Kube.Config;

/// <summary>What goes into a request's Authorization header; both empty for client certificates.</summary>
public sealed record KubeCredential(string Token, string Basic)
{
    public static readonly KubeCredential None = new("", "");

    /// <summary>Never shows what it holds.</summary>
    public override string ToString() => Token.Length > 0 ? "token" : Basic.Length > 0 ? "basic" : "none";
}

/// <summary>Where a request's credential comes from.</summary>
public interface ICredentialSource
{
    /// <summary>The client certificate to present at a TLS handshake, if there is one.</summary>
    X509Certificate2? Certificate { get; }

    /// <summary>True when asking again after a 401 may give another credential.</summary>
    bool CanRefresh { get; }

    /// <param name="refresh">True after a 401: forget what is cached.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask<KubeResult<KubeCredential>> GetAsync(bool refresh, CancellationToken cancellationToken);
}

/// <summary>A credential that stands in the kubeconfig itself, or none.</summary>
internal sealed class FixedCredential(KubeCredential credential, X509Certificate2? certificate) : ICredentialSource
{
    public X509Certificate2? Certificate => certificate;
    public bool CanRefresh => false;

    public ValueTask<KubeResult<KubeCredential>> GetAsync(bool refresh, CancellationToken cancellationToken) => new(credential);
}

/// <summary>A token in a file that somebody else rotates (the kubelet does, about hourly): read again every minute.</summary>
internal sealed class TokenFileCredential(string path, X509Certificate2? certificate, TimeProvider time) : ICredentialSource
{
    private const int MaxTokenBytes = 64 << 10;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private KubeCredential? _cached;
    private long _readAt;

    public X509Certificate2? Certificate => certificate;
    public bool CanRefresh => true;

    public async ValueTask<KubeResult<KubeCredential>> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (!refresh && _cached is { } fresh && time.GetElapsedTime(Interlocked.Read(ref _readAt)) < Lifetime) return fresh;
        try
        {
            if (new FileInfo(path).Length > MaxTokenBytes) return Missing($"the token file {path} is larger than {MaxTokenBytes >> 10} KiB");
            var token = (await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false)).Trim();
            if (token.Length == 0) return Missing($"the token file {path} is empty");
            Interlocked.Exchange(ref _readAt, time.GetTimestamp());
            return _cached = new(token, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is being replaced may be away for a moment; the old token is likely still good.
            return _cached is { } old && !refresh ? old : Missing($"the token file {path} cannot be read: {e.Message}");
        }
    }

    private static KubeApiError Missing(string message) => new() { Failure = KubeFailure.NoCredential, Message = message };
}

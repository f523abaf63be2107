using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Enrollment;

namespace Fleet.Hub.Hosting;

/// <summary>
/// The certificates that the listeners show: of the hub's own CA, made anew at half their life; and on the API listener,
/// to who asks for one of its names, the operator's.
/// </summary>
internal sealed class ServerCertificates : IDisposable
{
    private readonly HubIdentity _hub;
    private readonly TimeProvider _clock;
    private readonly string[] _hosts;
    private readonly X509Certificate2? _operators;
    private readonly Lock _gate = new();
    private X509Certificate2? _own;
    private string _issuer = "";
    private DateTimeOffset _renewAt;

    public ServerCertificates(HubIdentity hub, HubOptions options, TimeProvider clock)
    {
        (_hub, _clock) = (hub, clock);
        _hosts = Hosts(options);
        _operators = options is { TlsCertificateFile: { } certificate, TlsKeyFile: { } key }
            ? X509Certificate2.CreateFromPemFile(certificate, key)
            : null;
    }

    /// <summary>The certificate for a connection that asked for <paramref name="serverName"/> (null: for none).</summary>
    public X509Certificate2 Select(HubListener listener, string? serverName) =>
        listener == HubListener.Api && serverName is { Length: > 0 } && _operators?.MatchesHostname(serverName) == true
            ? _operators
            : Own();

    private X509Certificate2 Own()
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            var issuer = _hub.ServerAuthority;
            if (_own is null || now >= _renewAt || _issuer != issuer.Certificate.Thumbprint)
            {
                // The old one is not disposed: handshakes may still be using it.
                (_own, _issuer) = (issuer.IssueServer(_hosts, now), issuer.Certificate.Thumbprint);
                _renewAt = now + (Core.Enrollment.CertificateTimes.ServerLifetime / 2);
            }

            return _own;
        }
    }

    private static string[] Hosts(HubOptions options)
    {
        var hosts = new List<string> { "localhost", "127.0.0.1", "::1" };
        hosts.AddRange(new[] { options.PublicAddress, options.AgentsAddress }.OfType<Uri>().Select(u => u.IdnHost.Trim('[', ']')));
        hosts.AddRange(new[] { options.Listen, options.AgentsListen }.Select(e => e.Address.ToString()).Where(a => a is not ("0.0.0.0" or "::")));
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns)
        {
            hosts.Add(Environment.MachineName.ToLowerInvariant());
        }

        return [.. hosts.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    public void Dispose()
    {
        _own?.Dispose();
        _operators?.Dispose();
    }
}

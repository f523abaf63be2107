using Fleet.Hub.Core.Resources;

namespace Fleet.Hub.Hosting;

/// <summary>Checks what options mean together; used for arguments and for hubs started in process.</summary>
public static class HubOptionsValidator
{
    /// <summary>All that is wrong, each with the option's name.</summary>
    public static IEnumerable<string> Validate(HubOptions options)
    {
        if (options.Listen.Port != 0 && options.Listen.Equals(options.AgentsListen))
        {
            yield return $"--listen and --agents-listen are both {options.Listen}: the agents' listener asks for client certificates and needs a port of its own.";
        }

        if (options.TlsCertificateFile is null != options.TlsKeyFile is null)
        {
            yield return "--tls-cert and --tls-key belong together: give both, or neither.";
        }

        foreach (var (name, file) in new[] { ("--tls-cert", options.TlsCertificateFile), ("--tls-key", options.TlsKeyFile), ("--master-key-file", options.MasterKeyFile) })
        {
            if (file is not null && !File.Exists(file))
            {
                yield return $"{name} {Quoting.Quote(file)} is not a file that can be seen from here: check the path and who may read it.";
            }
        }

        if (options.NodeName.Length is 0 or > 100 || options.NodeName.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')))
        {
            yield return $"--node-name {Quoting.Quote(options.NodeName)} is not a name: use at most 100 letters, digits, -, . and _.";
        }

        if (options.TrustDomain is { } domain && (domain.Length > 253 || !domain.Split('.').All(Names.IsLabel)))
        {
            yield return $"--trust-domain {Quoting.Quote(domain)} is not a DNS name in lower case, such as fleet.example.com.";
        }

        if (options.Postgres is not null && options.MasterKeyFile is null && Environment.GetEnvironmentVariable("FLEET_MASTER_KEY") is null)
        {
            yield return "--postgres needs --master-key-file or FLEET_MASTER_KEY: several nodes open what one of them sealed, so the key cannot be made up by one.";
        }
    }
}

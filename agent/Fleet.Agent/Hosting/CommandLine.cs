using System.Globalization;
using System.Net;
using Fleet.Agent.Core.Upgrades;

namespace Fleet.Agent.Hosting;

/// <summary>Reads the agent's options. Written by hand: a parsing library would cost more memory than all of them.</summary>
internal static class CommandLine
{
    public const string Usage = """
        fleet-agent: applies what the hub assigns to this cluster, and keeps it so.

        usage: fleet-agent --hub URL --name CLUSTER --ca-pin sha256:HEX --token TOKEN [options]

          --hub URL               https://host:port of the hub's API listener (or FLEET_HUB)
          --name CLUSTER          the name that this cluster gets (or FLEET_CLUSTER_NAME)
          --token TOKEN           enrollment token, needed once (or FLEET_TOKEN)
          --token-file FILE       a file with the token, read at each try
          --ca-pin sha256:HEX     hash of the hub CA's public key, as printed by `fleetctl token create` (or FLEET_CA_PIN)
          --kubeconfig FILE       default: KUBECONFIG, else the pod's service account
          --context NAME          a context of the kubeconfig; default: its current one
          --state-namespace NS    namespace of the agent's own Secrets; default: fleet-system
          --policy FILE           this cluster's own policy, which binds the hub too (docs/agent-policy.md); default: none
          --deployment NAME       the agent's own Deployment, which lets the hub upgrade it; default: none
          --upgrade-images LIST   patterns on the images that an upgrade may name, with commas between
          --listen ADDR:PORT      where /healthz and /metrics are served; default: 127.0.0.1:0 (a free port); off: nowhere
          --cache DIR             folder for Git objects, may be lost at any time; default: memory
          --cache-size MIB        how much of them is kept; default: 256
          --full-check SECONDS    how often everything is compared although nothing changed; default: 3600
          --parallelism N         applies in flight at once; default: 8
          --log-level LEVEL       debug, info, warning or error; default: info
          --version, --help
        """;

    /// <summary>Parses arguments and environment; all errors at once.</summary>
    public static CommandLineResult Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        var errors = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg is "--help" or "-h" or "help") return new(null, Microsoft.Extensions.Logging.LogLevel.Information, [], Usage);
            if (arg == "--version") return new(null, Microsoft.Extensions.Logging.LogLevel.Information, [], $"fleet-agent {AgentVersion.Text}");
            var equals = arg.IndexOf('=');
            var name = equals > 0 ? arg[..equals] : arg;
            if (!Known.Contains(name))
            {
                errors.Add($"{name} is not an option; see fleet-agent --help");
                continue;
            }
            if (equals > 0) given[name] = arg[(equals + 1)..];
            else if (i + 1 < args.Count) given[name] = args[++i];
            else errors.Add($"{name} needs a value");
        }
        return Build(given, environment, errors);
    }

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "--hub", "--name", "--token", "--token-file", "--ca-pin", "--kubeconfig", "--context", "--state-namespace", "--policy", "--deployment", "--upgrade-images",
        "--listen", "--cache", "--cache-size", "--full-check", "--parallelism", "--log-level",
    };

    private static CommandLineResult Build(Dictionary<string, string> given, Func<string, string?> environment, List<string> errors)
    {
        string Value(string name, string variable = "") =>
            given.GetValueOrDefault(name) ?? (variable.Length > 0 ? environment(variable) : null) ?? "";

        var hub = Value("--hub", "FLEET_HUB");
        if (!Uri.TryCreate(hub, UriKind.Absolute, out var uri) || uri.Scheme != "https")
            errors.Add(hub.Length == 0 ? "--hub is missing: give the hub's address, such as --hub https://fleet.example.com:9443" : $"--hub {hub} is not an https:// address");
        var name = Value("--name", "FLEET_CLUSTER_NAME");
        if (!ClusterNames.IsValid(name))
            errors.Add(name.Length == 0 ? "--name is missing: give this cluster a name, such as --name berlin-1" : $"--name {name} is not a name: use a-z, 0-9, '-' and '.', at most 63 characters, beginning and ending with a letter or digit");
        var pin = Value("--ca-pin", "FLEET_CA_PIN");
        if (pin.Length > 0 && !Enrollment.CaPin.TryParse(pin, out _)) errors.Add($"--ca-pin {pin} is not sha256: and 64 hex digits; copy it from the output of fleetctl token create");
        var ns = Value("--state-namespace", "FLEET_STATE_NAMESPACE");
        var deployment = Value("--deployment", "FLEET_DEPLOYMENT");
        if (deployment.Length > 0 && !UpgradeRules.Names.Contains(deployment)) errors.Add($"--deployment {deployment} is not {string.Join(" or ", UpgradeRules.Names)}");
        IPEndPoint? listen = null;
        var address = given.GetValueOrDefault("--listen") ?? environment("FLEET_LISTEN") ?? "127.0.0.1:0";
        if (address != "off" && !IPEndPoint.TryParse(address, out listen)) errors.Add($"--listen {address} is not ADDRESS:PORT, such as 0.0.0.0:8080, or off");
        var level = Level(Value("--log-level"), errors);
        var parallelism = Number("--parallelism", 8, 1, 256);
        var cacheSize = Number("--cache-size", 256, 1, 1 << 20);
        var fullCheck = Number("--full-check", 3600, 10, 7 * 86_400);
        if (errors.Count > 0) return new(null, level, errors, "");

        return new(new()
        {
            Hub = uri!,
            ClusterName = name,
            Token = Value("--token", "FLEET_TOKEN").Trim(),
            TokenFile = Value("--token-file", "FLEET_TOKEN_FILE"),
            CaPin = pin,
            Kubeconfig = Value("--kubeconfig", "KUBECONFIG"),
            Context = Value("--context"),
            StateNamespace = ns.Length > 0 ? ns : "fleet-system",
            PolicyFile = Value("--policy", "FLEET_POLICY"),
            Deployment = deployment,
            UpgradeImages = Value("--upgrade-images", "FLEET_UPGRADE_IMAGES").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Listen = listen,
            CacheDirectory = Value("--cache"),
            CacheBytes = (long)cacheSize << 20,
            FullCheckInterval = TimeSpan.FromSeconds(fullCheck),
            Parallelism = parallelism,
        }, level, [], "");

        int Number(string option, int standard, int least, int most)
        {
            if (!given.TryGetValue(option, out var text)) return standard;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most) return n;
            errors.Add($"{option} {text} is not a number from {least} to {most}");
            return standard;
        }
    }

    private static Microsoft.Extensions.Logging.LogLevel Level(string text, List<string> errors)
    {
        switch (text)
        {
            case "" or "info": return Microsoft.Extensions.Logging.LogLevel.Information;
            case "debug": return Microsoft.Extensions.Logging.LogLevel.Debug;
            case "warning": return Microsoft.Extensions.Logging.LogLevel.Warning;
            case "error": return Microsoft.Extensions.Logging.LogLevel.Error;
            default:
                errors.Add($"--log-level {text} is not debug, info, warning or error");
                return Microsoft.Extensions.Logging.LogLevel.Information;
        }
    }
}

/// <summary>What a command line came to: options, or errors, or a text to print.</summary>
internal sealed record CommandLineResult(AgentOptions? Options, Microsoft.Extensions.Logging.LogLevel Level, IReadOnlyList<string> Errors, string Text);

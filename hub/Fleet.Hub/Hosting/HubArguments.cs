using System.Net;
using Fleet.Hub.Core.Resources;

namespace Fleet.Hub.Hosting;

/// <summary>Reads the command line of fleet-hub: all mistakes at once, each with the option's name.</summary>
public static class HubArguments
{
    /// <summary>What --help prints.</summary>
    public const string Help = """
        fleet-hub: maps Git repositories to fleets of Kubernetes clusters. Agents dial out to it.

        Usage: fleet-hub --data DIR [options]

          --data DIR                 Folder for the database, mirrors, keys and ca.pem; made when missing. Needed.
          --listen ADDR:PORT         Operator API, REST and enrollment (TLS). Default 127.0.0.1:9443; port 0: any free one.
          --agents-listen ADDR:PORT  Agents' sessions and content (mutual TLS). Default 0.0.0.0:9444; port 0: any free one.
          --public-address URL       How operators and new agents reach --listen, such as https://hub.example.com:9443.
          --agents-address URL       How agents reach --agents-listen, such as https://hub.example.com:9444.
          --postgres CONNECTION      Npgsql connection string, for several hub nodes. Default: SQLite in --data.
          --master-key-file FILE     Key that seals the CA's key and Git credentials. Default: $FLEET_MASTER_KEY; with SQLite
                                     and neither, one is made in --data at first start. Needed with --postgres.
          --tls-cert FILE            PEM chain shown on --listen to clients that ask for a name in it; agents, and clients
          --tls-key FILE             that ask for another name, see a certificate of the hub's own CA. And its PEM key.
          --node-name NAME           Unique among the hub nodes of one database. Default: the machine's name.
          --trust-domain NAME        Of the agents' identities (SPIFFE); chosen at first start, fixed from then on.
          --heartbeat TIME           How often hub and agents say that they are there. Default 30s.
          --suspect-after TIME       Silence until a cluster is Suspect (default 90s), Offline (5m), Stale (24h). An Offline
          --offline-after TIME       cluster never counts as ready.
          --stale-after TIME
          --log-level LEVEL          trace, debug, information (default), warning or error.
          --help, --version

        At first start the first admin key is printed once, and written to DIR/admin.key (mode 0600).
        """;

    private static readonly string[] Known =
    [
        "--data", "--listen", "--agents-listen", "--public-address", "--agents-address", "--postgres", "--master-key-file",
        "--tls-cert", "--tls-key", "--node-name", "--trust-domain", "--log-level", "--heartbeat", "--suspect-after", "--offline-after", "--stale-after",
    ];

    /// <summary>The options, or all that is wrong with the arguments.</summary>
    public static (HubOptions? Options, IReadOnlyList<string> Errors) Parse(IReadOnlyList<string> arguments)
    {
        var errors = new List<string>();
        var given = Split(arguments, errors);
        if (!given.ContainsKey("--data") && errors.Count == 0)
        {
            errors.Add("--data is needed: name a folder for the hub's database and keys, such as --data /var/lib/fleet-hub.");
        }

        var defaults = new HubOptions { DataFolder = "" };
        var options = defaults with
        {
            DataFolder = given.GetValueOrDefault("--data") ?? "",
            Listen = EndPoint("--listen", given, errors) ?? defaults.Listen,
            AgentsListen = EndPoint("--agents-listen", given, errors) ?? defaults.AgentsListen,
            PublicAddress = Address("--public-address", given, errors),
            AgentsAddress = Address("--agents-address", given, errors),
            Postgres = given.GetValueOrDefault("--postgres"),
            MasterKeyFile = given.GetValueOrDefault("--master-key-file"),
            TlsCertificateFile = given.GetValueOrDefault("--tls-cert"),
            TlsKeyFile = given.GetValueOrDefault("--tls-key"),
            NodeName = given.GetValueOrDefault("--node-name") ?? defaults.NodeName,
            TrustDomain = given.GetValueOrDefault("--trust-domain"),
            LogLevel = Level(given, errors) ?? defaults.LogLevel,
            Heartbeat = Time("--heartbeat", given, errors) ?? defaults.Heartbeat,
            SuspectAfter = Time("--suspect-after", given, errors) ?? defaults.SuspectAfter,
            OfflineAfter = Time("--offline-after", given, errors) ?? defaults.OfflineAfter,
            StaleAfter = Time("--stale-after", given, errors) ?? defaults.StaleAfter,
        };
        errors.AddRange(HubOptionsValidator.Validate(options));
        return errors.Count == 0 ? (options, errors) : (null, errors);
    }

    private static Dictionary<string, string> Split(IReadOnlyList<string> arguments, List<string> errors)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var equals = arguments[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? arguments[i] : arguments[i][..equals];
            if (!Known.Contains(name))
            {
                errors.Add($"{Quoting.Quote(arguments[i])} is not an option.{Closest.Hint(name, Known)} See fleet-hub --help.");
                continue;
            }

            var value = equals >= 0 ? arguments[i][(equals + 1)..] : i + 1 < arguments.Count ? arguments[++i] : "";
            if (value.Length == 0)
            {
                errors.Add($"{name} needs a value. See fleet-hub --help.");
            }
            else if (!given.TryAdd(name, value))
            {
                errors.Add($"{name} is given twice: remove one.");
            }
        }

        return given;
    }

    private static IPEndPoint? EndPoint(string name, Dictionary<string, string> given, List<string> errors)
    {
        if (given.GetValueOrDefault(name) is not { } text)
        {
            return null;
        }

        var local = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        local = local.StartsWith(':') ? "0.0.0.0" + local : local;
        if (local.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(local, out var parsed))
        {
            return parsed;
        }

        errors.Add($"{name} {Quoting.Quote(text)} is not an address and port: write for instance 127.0.0.1:9443, 0.0.0.0:9443 or [::]:9443.");
        return null;
    }

    private static Uri? Address(string name, Dictionary<string, string> given, List<string> errors)
    {
        if (given.GetValueOrDefault(name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "https", UserInfo: "", PathAndQuery: "/" })
        {
            return uri;
        }

        errors.Add($"{name} {Quoting.Quote(text)} is not an https address without a path: write for instance https://hub.example.com:9443.");
        return null;
    }

    private static TimeSpan? Time(string name, Dictionary<string, string> given, List<string> errors)
    {
        if (given.GetValueOrDefault(name) is not { } text)
        {
            return null;
        }

        if (Durations.TryParse(text, out var time) && time > TimeSpan.Zero)
        {
            return time;
        }

        errors.Add($"{name} {Quoting.Quote(text)} is not a time: write for instance 30s, 5m or 1h30m.");
        return null;
    }

    private static LogLevel? Level(Dictionary<string, string> given, List<string> errors)
    {
        if (given.GetValueOrDefault("--log-level") is not { } text)
        {
            return null;
        }

        string[] levels = ["trace", "debug", "information", "warning", "error"];
        if (levels.Contains(text))
        {
            return Enum.Parse<LogLevel>(text, ignoreCase: true);
        }

        errors.Add($"--log-level {Quoting.Quote(text)} is not a level: write {Quoting.Choices(levels)}.{Closest.Hint(text, levels)}");
        return null;
    }
}

namespace Fleet.Cli.Connection;

/// <summary>Where the hub is and how to speak to it, from options, then the environment, then the context.</summary>
internal sealed record HubSettings(Uri Hub, string? CaPem, string? Key, TimeSpan Timeout)
{
    public static HubSettings Resolve(ContextFile file, string? context, string? hub, string? key, string? caFile, TimeSpan timeout)
    {
        hub ??= NonEmpty("FLEET_HUB");
        key ??= NonEmpty("FLEET_API_KEY");
        caFile ??= NonEmpty("FLEET_CA_FILE");
        context ??= NonEmpty("FLEET_CONTEXT");
        HubContext? stored = null;
        if (context is not null || hub is null)
        {
            var name = context ?? file.Current
                ?? throw new FailureException("no hub is known", ExitCodes.Usage, "Log in first: fleetctl login https://HUB:9443 --key KEY (or give FLEET_HUB and FLEET_API_KEY).");
            if (!file.Contexts.TryGetValue(name, out stored))
            {
                throw new FailureException($"there is no context '{name}'", ExitCodes.Usage, file.Contexts.Count == 0 ? "Log in first: fleetctl login" : "Known: " + string.Join(", ", file.Contexts.Keys));
            }
        }

        var ca = caFile is null ? stored?.Ca : File.ReadAllText(caFile);
        return new HubSettings(Address(hub ?? stored!.Hub), ca, key ?? stored?.Key, timeout);
    }

    public static Uri Address(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "https://" + text;
        if (!Uri.TryCreate(full, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new UsageException($"'{text}' is no hub address. Write it like https://fleet.example.com:9443.");
        }

        return uri;
    }

    private static string? NonEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}

namespace Fleet.KubeSim.Serving;

/// <summary>What a client wants an answer transformed to.</summary>
internal enum Transform
{
    None,
    Table,
    PartialObjectMetadata,
    PartialObjectMetadataList,
    Discovery,
}

/// <summary>The chosen form of an answer.</summary>
internal sealed record Representation(bool Yaml, Transform Transform, string Version, string ContentType)
{
    public static readonly Representation Json = new(false, Transform.None, "v1", "application/json");

    /// <summary>Picks the first acceptable form of an Accept header, or null when there is none.</summary>
    /// <param name="accept">The header; empty means JSON.</param>
    /// <param name="discovery">Whether the path answers aggregated discovery.</param>
    public static Representation? Negotiate(string accept, bool discovery = false)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return Json;
        }

        foreach (var clause in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            var parameters = parts.Skip(1).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
            var media = parts[0].ToLowerInvariant();
            if (media is not ("*/*" or "application/*" or "application/json" or "application/yaml"))
            {
                continue;
            }

            var yaml = media == "application/yaml";
            var type = yaml ? "application/yaml" : "application/json";
            var wanted = parameters.GetValueOrDefault("as", "");
            if (wanted.Length == 0)
            {
                return new Representation(yaml, Transform.None, "v1", type);
            }

            var version = parameters.GetValueOrDefault("v", "v1");
            if (wanted == "APIGroupDiscoveryList" && discovery && parameters.GetValueOrDefault("g") == "apidiscovery.k8s.io" && version is "v2" or "v2beta1")
            {
                return new Representation(yaml, Transform.Discovery, version, $"{type};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
            }

            if (!discovery && parameters.GetValueOrDefault("g", "meta.k8s.io") == "meta.k8s.io" && version is "v1" or "v1beta1"
                && Enum.TryParse<Transform>(wanted, out var transform) && transform is Transform.Table or Transform.PartialObjectMetadata or Transform.PartialObjectMetadataList)
            {
                return new Representation(yaml, transform, version, type);
            }
        }

        return null;
    }

    /// <summary>The refusal: the router's where no type fits, else the handler's, whose types have no such form.</summary>
    public static ApiException NotAcceptable(string accept) =>
        accept.Split(',').Any(c => c.Split(';')[0].Trim().ToLowerInvariant() is "*/*" or "application/*" or "application/json" or "application/yaml" or "application/vnd.kubernetes.protobuf")
            ? OnlyAccepted("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
            : NoRoute();

    public static ApiException OnlyAccepted(params string[] types) =>
        new(406, "NotAcceptable", $"only the following media types are accepted: {string.Join(", ", types)}");

    private static ApiException NoRoute() => new(
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, "
            + "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        []);
}

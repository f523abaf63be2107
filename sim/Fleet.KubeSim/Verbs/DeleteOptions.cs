using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>What becomes of an object's dependents.</summary>
internal enum Propagation
{
    Default,
    Background,
    Foreground,
    Orphan,
}

/// <summary>The options of a deletion, from its body or from the query.</summary>
internal sealed record DeleteOptions
{
    public static readonly DeleteOptions None = new();

    public bool DryRun { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public long? GracePeriod { get; init; }

    public Propagation Propagation { get; init; }

    /// <summary>Who deletes; null for the controllers and tests.</summary>
    public KubeUser? User { get; init; }

    public List<string> Warnings { get; init; } = [];

    public static DeleteOptions Parse(ApiCall call, JsonObject? body)
    {
        var request = call.Request;
        string? Text(string key) => body is not null ? (string?)body[key] : request[key] is { Length: > 0 } text ? text : null;

        var causes = new List<FieldError>();
        var policy = Text("propagationPolicy");
        var orphan = body?["orphanDependents"] is JsonValue flag && flag.TryGetValue(out bool value) ? value
            : request["orphanDependents"] is { Length: > 0 } ? request.Flag("orphanDependents") : (bool?)null;
        if (policy is not (null or "Foreground" or "Background" or "Orphan"))
        {
            causes.Add(FieldError.NotSupported("propagationPolicy", policy, "Foreground", "Background", "Orphan", "nil"));
        }
        else if (policy is not null && orphan is not null)
        {
            causes.Add(FieldError.Invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
        }

        string[] dryRuns = body?["dryRun"] is JsonArray list
            ? [.. list.Select(v => (string?)v ?? "")]
            : request.Query.TryGetValue("dryRun", out var values) ? [.. values.Select(v => v ?? "").Where(v => v.Length > 0)] : [];
        WriteOptions.ValidateDryRun(dryRuns, causes);
        if (causes.Count > 0)
        {
            throw ApiException.Invalid("meta.k8s.io", "DeleteOptions", "", causes);
        }

        return new DeleteOptions
        {
            DryRun = dryRuns.Length > 0,
            User = call.User,
            Warnings = call.Warnings,
            Uid = (string?)body?["preconditions"]?["uid"],
            ResourceVersion = (string?)body?["preconditions"]?["resourceVersion"],
            GracePeriod = body is null ? QueryNumbers.Read(request, "gracePeriodSeconds") : body.Whole("gracePeriodSeconds"),
            Propagation = policy switch
            {
                "Foreground" => Propagation.Foreground,
                "Background" => Propagation.Background,
                "Orphan" => Propagation.Orphan,
                _ => orphan switch { true => Propagation.Orphan, false => Propagation.Background, null => Propagation.Default },
            },
        };
    }
}

using System.Globalization;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Selectors;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>The query parameters of lists and watches.</summary>
internal sealed record ListOptions
{
    public required LabelSelector Labels { get; init; }

    public required FieldSelector Fields { get; init; }

    public required string Kind { get; init; }

    /// <summary>Empty when absent.</summary>
    public string ResourceVersion { get; init; } = "";

    public string Match { get; init; } = "";

    public int Limit { get; init; }

    public string Continue { get; init; } = "";

    public bool AllowBookmarks { get; init; }

    public bool SendInitialEvents { get; init; }

    public TimeSpan? Timeout { get; init; }

    public long Version => ResourceVersion.Length == 0 ? 0 : ParseVersion(ResourceVersion, "invalid resource version: ");

    public bool SelectsEverything => Labels.IsEverything && Fields.Terms.Count == 0;

    /// <summary>Whether at most one object can be meant: the server then reads that one alone.</summary>
    public bool SelectsOneName => Continue.Length == 0 && Fields.Exact("metadata.name") is not null;

    public static ListOptions Parse(ApiRequest request, ApiResource resource, bool watch)
    {
        var labels = LabelSelectorParser.Parse(request["labelSelector"], out var labelError)
            ?? throw ApiException.BadRequest(labelError!);
        var fields = FieldSelector.Parse(request["fieldSelector"], out var fieldError)
            ?? throw ApiException.BadRequest(fieldError!);
        foreach (var term in fields.Terms)
        {
            if (!SelectableFields.IsKnown(resource, term.Field))
            {
                throw ApiException.BadRequest(SelectableFields.Unknown(resource, term.Field));
            }
        }

        var options = new ListOptions
        {
            Labels = labels,
            Fields = fields,
            Kind = resource.Kind,
            ResourceVersion = request["resourceVersion"],
            Match = request["resourceVersionMatch"],
            Limit = (int)Math.Clamp(QueryNumbers.Read(request, "limit") ?? 0, 0, int.MaxValue),
            Continue = request["continue"],
            AllowBookmarks = request.Flag("allowWatchBookmarks"),
            SendInitialEvents = request.Query.ContainsKey("sendInitialEvents")
                ? request.Flag("sendInitialEvents")
                // A watch from no particular version begins with the state, and its end is marked, though nobody asked for it.
                : watch && request["resourceVersionMatch"].Length == 0 && request["resourceVersion"] is "" or "0",
            Timeout = QueryNumbers.Read(request, "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : null,
        };
        var causes = options.Validate(request.Query.ContainsKey("sendInitialEvents"), watch);
        return causes.Count > 0 ? throw ApiException.Invalid("meta.k8s.io", "ListOptions", "", causes) : options;
    }

    public bool Selects(Storage.StoredObject candidate)
    {
        if (!Labels.Matches(candidate.Labels))
        {
            return false;
        }

        System.Text.Json.Nodes.JsonObject? content = null;
        return Fields.Matches(field => field switch
        {
            "metadata.name" => candidate.Name,
            "metadata.namespace" => candidate.Namespace,
            _ => SelectableFields.Read(content ??= candidate.ToJson(), field),
        });
    }

    public static long ParseVersion(string text, string prefix) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? (long)Math.Min(version, long.MaxValue)
            : throw new ApiException(
                prefix.Length > 0 ? 400 : 500,
                prefix.Length > 0 ? "BadRequest" : null,
                $"{prefix}resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");

    private List<FieldError> Validate(bool initialEventsGiven, bool watch)
    {
        const string match = "resourceVersionMatch";
        var causes = new List<FieldError>();
        if (watch)
        {
            if (initialEventsGiven && Match != "NotOlderThan")
            {
                causes.Add(FieldError.Forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
            }

            if (Match.Length > 0 && !initialEventsGiven)
            {
                causes.Add(FieldError.Forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }

            if (Match is not ("" or "NotOlderThan"))
            {
                causes.Add(FieldError.NotSupported(match, Match, "NotOlderThan"));
            }

            if (Match.Length > 0 && Continue.Length > 0)
            {
                causes.Add(FieldError.Forbidden(match, "resourceVersionMatch is forbidden when continue is provided"));
            }

            return causes;
        }

        if (Match.Length > 0)
        {
            if (ResourceVersion.Length == 0)
            {
                causes.Add(FieldError.Forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }

            if (Continue.Length > 0)
            {
                causes.Add(FieldError.Forbidden(match, "resourceVersionMatch is forbidden when continue is provided"));
            }

            if (Match is not ("Exact" or "NotOlderThan"))
            {
                causes.Add(FieldError.NotSupported(match, Match, "Exact", "NotOlderThan", ""));
            }

            if (Match == "Exact" && ResourceVersion == "0")
            {
                causes.Add(FieldError.Forbidden(match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
            }
        }

        if (initialEventsGiven)
        {
            causes.Add(FieldError.Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }

        return causes;
    }
}

using System.Numerics;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Requests and limits, after apis/core/validation/validation.go and apis/core/helper.</summary>
internal static class ResourceValidation
{
    private static readonly BigInteger Unit = 1_000_000_000;

    /// <summary>Resources counted by the piece.</summary>
    private static readonly HashSet<string> Integers = new(StringComparer.Ordinal)
    {
        "pods", "replicationcontrollers", "services", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    };

    private static readonly HashSet<string> Standard = new(StringComparer.Ordinal)
    {
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
        "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "storage", "requests.storage", "services.nodeports", "services.loadbalancers",
    };

    private static readonly HashSet<string> Quota = new(StringComparer.Ordinal)
    {
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu",
        "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims",
        "configmaps", "services.nodeports", "services.loadbalancers",
    };

    public static void Requirements(JsonObject? resources, string[] claims, string field, Findings errors)
    {
        var (limits, requests) = (resources.Map("limits"), resources.Map("requests"));
        foreach (var (name, value) in limits ?? [])
        {
            ContainerName(name, $"{field}.limits[{name}]", errors);
            Amount(name, value, $"{field}.limits[{name}]", errors);
            HugePages(name, value, $"{field}.limits[{name}]", errors);
        }

        foreach (var (name, value) in requests ?? [])
        {
            ContainerName(name, $"{field}.requests[{name}]", errors);
            Amount(name, value, $"{field}.requests[{name}]", errors);
            Request(name, value, limits, field, errors);
            HugePages(name, value, $"{field}.requests[{name}]", errors);
        }

        var names = (limits ?? []).Concat(requests ?? []).Select(p => p.Key).ToArray();
        if (names.Any(IsHugePage) && !names.Any(n => n is "cpu" or "memory"))
        {
            errors.Forbidden(field, "HugePages require cpu or memory");
        }

        Claims(resources, claims, $"{field}.claims", errors);
    }

    /// <summary>A quantity that must not be negative, and whole where pieces are counted.</summary>
    public static void Amount(string name, JsonNode? value, string field, Findings errors)
    {
        if (Quantity.Nanos(Json.TextOf(value)) is not { } nanos)
        {
            return;
        }

        if (nanos < 0)
        {
            errors.Invalid(field, Json.TextOf(value)!, "must be greater than or equal to 0");
        }

        if ((Integers.Contains(name) || (!IsNative(name) && IsExtended(name))) && !(nanos % Unit).IsZero)
        {
            errors.Invalid(field, Json.TextOf(value)!, "must be an integer");
        }
    }

    /// <summary>A resource's name in a quota.</summary>
    public static void QuotaName(string name, string field, Findings errors)
    {
        if (Name(name, field, errors) && !name.Contains('/', StringComparison.Ordinal) && !Quota.Contains(name) && !IsHugePage(Unprefixed(name)))
        {
            errors.Invalid(field, name, "must be a standard resource for quota");
        }
    }

    public static void ContainerName(string name, string field, Findings errors)
    {
        Name(name, field, errors);
        if (!name.Contains('/', StringComparison.Ordinal))
        {
            if (name is not ("cpu" or "memory" or "ephemeral-storage") && !IsHugePage(name))
            {
                errors.Invalid(field, name, "must be a standard resource for containers");
            }
        }
        else if (!IsNative(name) && !IsExtended(name))
        {
            errors.Invalid(field, name, "doesn't follow extended resource name standard");
        }
    }

    public static bool Name(string name, string field, Findings errors)
    {
        if (Names.QualifiedName(name) is { Count: > 0 })
        {
            errors.Check(field, name, Names.QualifiedName);
            return false;
        }

        if (!name.Contains('/', StringComparison.Ordinal) && !Standard.Contains(name) && !IsHugePage(Unprefixed(name)))
        {
            errors.Invalid(field, name, "must be a standard resource type or fully qualified");
            return false;
        }

        return true;
    }

    public static bool IsOvercommitAllowed(string name) => IsNative(name) && !IsHugePage(name);

    public static void Resizes(JsonObject container, string restartPolicy, string field, Findings errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var policy in container.Each("resizePolicy"))
        {
            var resource = policy.Text("resourceName") ?? "";
            if (!seen.Add(resource))
            {
                errors.Duplicate($"{field}[{i}]", resource);
            }

            errors.NeedOneOf(field, resource, "cpu", "memory");
            errors.NeedOneOf(field, policy.Text("restartPolicy"), "NotRequired", "RestartContainer");
            if (restartPolicy == "Never" && policy.Text("restartPolicy") != "NotRequired")
            {
                errors.Invalid(field, policy.Text("restartPolicy") ?? "", "must be 'NotRequired' when `restartPolicy` is 'Never'");
            }

            i++;
        }
    }

    /// <summary>A request is at most its limit, and equal to it where nothing may be overcommitted.</summary>
    private static void Request(string name, JsonNode? value, JsonObject? limits, string field, Findings errors)
    {
        var text = Json.TextOf(value) ?? "";
        if (limits.Text(name) is { } limit)
        {
            var difference = (Quantity.Nanos(text) ?? 0) - (Quantity.Nanos(limit) ?? 0);
            if (!difference.IsZero && !IsOvercommitAllowed(name))
            {
                errors.Invalid($"{field}.requests", text, $"must be equal to {name} limit of {limit}");
            }
            else if (difference > 0)
            {
                errors.Invalid($"{field}.requests", text, $"must be less than or equal to {name} limit of {limit}");
            }
        }
        else if (!IsOvercommitAllowed(name))
        {
            errors.Required($"{field}.limits", "Limit must be set for non overcommitable resources");
        }
    }

    private static void HugePages(string name, JsonNode? value, string field, Findings errors)
    {
        if (IsHugePage(name) && Quantity.Nanos(name["hugepages-".Length..]) is { } page && page > 0
            && Quantity.Nanos(Json.TextOf(value)) is { } amount && !(amount % page).IsZero)
        {
            errors.Invalid(field, Json.TextOf(value)!, $"{Json.TextOf(value)} is not positive integer multiple of {name}");
        }
    }

    private static void Claims(JsonObject? resources, string[] claims, string field, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var claim in resources.Each("claims"))
        {
            var (at, name) = ($"{field}[{i++}]", claim.Text("name") ?? "");
            if (name.Length == 0)
            {
                errors.Required(at);
                continue;
            }

            if (!names.Add(claim.Text("request") is { Length: > 0 } request ? $"{name}/{request}" : name))
            {
                errors.Duplicate(at, name);
            }

            if (!claims.Contains(name))
            {
                var known = claims.Length == 0 ? " which is empty" : ": " + string.Join(", ", claims.Order(StringComparer.Ordinal));
                errors.Add(new FieldError(at, FieldErrorReason.NotFound, $"Not found: {GoText.Quote(name)}: must be one of the names in pod.spec.resourceClaims{known}"));
            }
        }
    }

    private static bool IsHugePage(string name) => name.StartsWith("hugepages-", StringComparison.Ordinal);

    private static string Unprefixed(string name) => name.StartsWith("requests.", StringComparison.Ordinal) ? name["requests.".Length..] : name;

    private static bool IsNative(string name) => !name.Contains('/', StringComparison.Ordinal) || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    private static bool IsExtended(string name) =>
        !name.StartsWith("requests.", StringComparison.Ordinal) && Names.QualifiedName("requests." + name).Count == 0;
}

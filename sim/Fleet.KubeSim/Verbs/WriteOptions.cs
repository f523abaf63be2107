using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>How strictly a server treats fields that it does not know.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

/// <summary>The query parameters that creates, updates, patches and applies share.</summary>
internal sealed record WriteOptions
{
    public bool DryRun { get; init; }

    public required string Manager { get; init; }

    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;

    public bool Force { get; init; }

    public List<string> Warnings { get; init; } = [];

    /// <summary>Who writes; null for the controllers and tests, who may grant anything.</summary>
    public KubeUser? User { get; init; }

    /// <summary>Whether this write's time is kept on the object: only tests turn back time.</summary>
    public static WriteOptions ByController(string manager) => new() { Manager = manager, FieldValidation = FieldValidation.Ignore };

    /// <param name="call">The request.</param>
    /// <param name="kind">CreateOptions, UpdateOptions or PatchOptions: the name in the server's messages.</param>
    /// <param name="apply">Whether it is a server-side apply, which must name its manager and may force.</param>
    public static WriteOptions Parse(ApiCall call, string kind, bool apply = false)
    {
        var request = call.Request;
        var causes = new List<FieldError>();
        var dryRuns = request.Query.TryGetValue("dryRun", out var values) ? values.Select(v => v ?? "").Where(v => v.Length > 0).ToArray() : [];
        if (kind == "PatchOptions")
        {
            if (!apply && request.Query.ContainsKey("force"))
            {
                causes.Add(FieldError.Forbidden("force", "may not be specified for non-apply patch"));
            }

            if (apply && request["fieldManager"].Length == 0)
            {
                causes.Add(FieldError.Required("fieldManager", "is required for apply patch"));
            }
        }

        ValidateManager(request["fieldManager"], causes);
        ValidateDryRun(dryRuns, causes);
        var validation = request["fieldValidation"];
        if (validation is not ("" or "Ignore" or "Warn" or "Strict"))
        {
            causes.Add(FieldError.NotSupported("fieldValidation", validation, "", "Ignore", "Strict", "Warn"));
        }

        if (causes.Count > 0)
        {
            throw ApiException.Invalid("meta.k8s.io", kind, "", causes);
        }

        return new WriteOptions
        {
            DryRun = dryRuns.Length > 0,
            Manager = ManagerOf(request["fieldManager"], call.UserAgent),
            FieldValidation = validation switch { "Ignore" => FieldValidation.Ignore, "Strict" => FieldValidation.Strict, _ => FieldValidation.Warn },
            Force = apply && request.Flag("force"),
            Warnings = call.Warnings,
            User = call.User,
        };
    }

    public static void ValidateDryRun(IReadOnlyList<string> values, List<FieldError> causes)
    {
        if (values.Any(v => v != "All"))
        {
            causes.Add(FieldError.NotSupported("dryRun", new JsonArray([.. values.Select(v => (JsonNode)v)]), "All"));
        }
    }

    /// <summary>Without a fieldManager parameter the program's name of the User-Agent is the manager.</summary>
    private static string ManagerOf(string parameter, string userAgent)
    {
        if (parameter.Length > 0)
        {
            return parameter;
        }

        var name = Fields.ManagedFields.FromUserAgent(userAgent);
        return name.Length == 0 ? "unknown" : name;
    }

    private static void ValidateManager(string manager, List<FieldError> causes)
    {
        if (manager.Length > 128)
        {
            causes.Add(FieldError.TooLong("fieldManager", 128));
        }

        for (var i = 0; i < manager.Length; i++)
        {
            if (char.IsControl(manager[i]))
            {
                causes.Add(FieldError.Invalid("fieldManager", manager, $"invalid character U+{(int)manager[i]:X4} (at position {i})"));
            }
        }
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Security contexts of pods and containers, after apis/core/validation/validation.go.</summary>
internal static partial class SecurityValidation
{
    public static void Pod(JsonObject spec, string field, Findings errors)
    {
        var context = spec.Map("securityContext") ?? [];
        foreach (var id in (string[])["fsGroup", "runAsUser", "runAsGroup"])
        {
            errors.InRange($"{field}.{id}", context.Whole(id), 0, int.MaxValue);
        }

        var groups = context.List("supplementalGroups") ?? [];
        for (var i = 0; i < groups.Count; i++)
        {
            errors.InRange($"{field}.supplementalGroups[{i}]", Json.TryWhole(groups[i], out var group) ? group : 0, 0, int.MaxValue);
        }

        if (spec.Flag("shareProcessNamespace") && spec.Flag("hostPID"))
        {
            errors.Invalid($"{field}.shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled");
        }

        Sysctls(spec, context, $"{field}.sysctls", errors);
        Choice(context, "fsGroupChangePolicy", field, errors, "Always", "OnRootMismatch");
        Seccomp(context.Map("seccompProfile"), $"{field}.seccompProfile", errors);
        AppArmor(context.Map("appArmorProfile"), $"{field}.appArmorProfile", errors);
        Choice(context, "supplementalGroupsPolicy", field, errors, "Merge", "Strict");
        Choice(context, "seLinuxChangePolicy", field, errors, "MountOption", "Recursive");
    }

    public static void Container(JsonObject? context, bool hostUsers, string field, Findings errors)
    {
        if (context is null)
        {
            return;
        }

        errors.InRange($"{field}.runAsUser", context.Whole("runAsUser"), 0, int.MaxValue);
        errors.InRange($"{field}.runAsGroup", context.Whole("runAsGroup"), 0, int.MaxValue);
        if (context.Text("procMount") is { } mount)
        {
            errors.OneOf($"{field}.procMount", mount, "Default", "Unmasked");
            if (hostUsers && mount == "Unmasked")
            {
                errors.Invalid($"{field}.procMount", mount, "`hostUsers` must be false to use `Unmasked`");
            }
        }

        Seccomp(context.Map("seccompProfile"), $"{field}.seccompProfile", errors);
        if (context["allowPrivilegeEscalation"] is not null && !context.Flag("allowPrivilegeEscalation"))
        {
            var shown = new Lazy<JsonObject>(() => InternalForm.Struct(TypeTable.Type("core/v1.SecurityContext"), context));
            if (context.Flag("privileged"))
            {
                errors.Invalid(field, shown.Value, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
            }

            if (context.Map("capabilities").List("add")?.Any(c => Json.TextOf(c) == "CAP_SYS_ADMIN") == true)
            {
                errors.Invalid(field, shown.Value, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
            }
        }

        AppArmor(context.Map("appArmorProfile"), $"{field}.appArmorProfile", errors);
    }

    private static void Choice(JsonObject context, string name, string field, Findings errors, params ReadOnlySpan<string> supported)
    {
        if (context.Text(name) is { } chosen)
        {
            errors.OneOf($"{field}.{name}", chosen, supported);
        }
    }

    private static void Sysctls(JsonObject spec, JsonObject context, string field, Findings errors)
    {
        const string pattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var sysctl in context.Each("sysctls"))
        {
            var (at, name) = ($"{field}[{i++}].name", sysctl.Text("name") ?? "");
            if (name.Length == 0)
            {
                errors.Required(at);
            }
            else if (name.Length > 253 || !SysctlPattern().IsMatch(name))
            {
                errors.Invalid(at, name, $"must have at most 253 characters and match regex {pattern}");
            }
            else if (!names.Add(name))
            {
                errors.Duplicate(at, name);
            }

            if (spec.Flag("hostNetwork") && name.StartsWith("net.", StringComparison.Ordinal))
            {
                errors.Invalid(at, name, "may not be specified when 'hostNetwork' is true");
            }
            else if (spec.Flag("hostIPC") && (name.StartsWith("kernel.shm", StringComparison.Ordinal) || name.StartsWith("kernel.msg", StringComparison.Ordinal)
                || name.StartsWith("fs.mqueue.", StringComparison.Ordinal) || name == "kernel.sem"))
            {
                errors.Invalid(at, name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    private static void Seccomp(JsonObject? profile, string field, Findings errors)
    {
        if (profile is null)
        {
            return;
        }

        var type = profile.Text("type") ?? "";
        if (type.Length == 0)
        {
            errors.Required($"{field}.type", "type is required when seccompProfile is set");
        }
        else
        {
            errors.OneOf($"{field}.type", type, "Localhost", "RuntimeDefault", "Unconfined");
        }

        var local = profile.Text("localhostProfile");
        if (type != "Localhost")
        {
            if (local is not null)
            {
                var shown = new JsonObject { ["Type"] = type, ["LocalhostProfile"] = local };
                errors.Invalid($"{field}.localhostProfile", shown, "can only be set when seccomp type is Localhost");
            }
        }
        else if (local is null)
        {
            errors.Required($"{field}.localhostProfile", "must be set when seccomp type is Localhost");
        }
        else
        {
            errors.Check($"{field}.localhostProfile", local, FilePaths.Descending);
        }
    }

    private static void AppArmor(JsonObject? profile, string field, Findings errors)
    {
        if (profile is null)
        {
            return;
        }

        var local = profile.Text("localhostProfile");
        switch (profile.Text("type"))
        {
            case "Localhost":
                if (string.IsNullOrWhiteSpace(local))
                {
                    errors.Required($"{field}.localhostProfile", "must be set when AppArmor type is Localhost");
                }
                else if (local.Trim() != local)
                {
                    errors.Invalid($"{field}.localhostProfile", local, "must not be padded with whitespace");
                }

                break;
            case "RuntimeDefault" or "Unconfined":
                if (local is not null)
                {
                    errors.Invalid($"{field}.localhostProfile", local, "can only be set when AppArmor type is Localhost");
                }

                break;
            case null or "":
                errors.Required($"{field}.type", "type is required when appArmorProfile is set");
                break;
            default:
                errors.OneOf($"{field}.type", profile.Text("type")!, "Localhost", "RuntimeDefault", "Unconfined");
                break;
        }
    }

    [GeneratedRegex("^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex SysctlPattern();
}

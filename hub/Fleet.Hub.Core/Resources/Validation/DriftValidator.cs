using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>An Assignment's spec.drift.</summary>
internal static class DriftValidator
{
    private static readonly string[] Modes = ["correct", "report", "ignore"];

    // Without these an object is no object, or another one.
    private static readonly string[] Identity = ["/apiVersion", "/kind", "/metadata", "/metadata/name", "/metadata/namespace"];

    public static void Validate(DriftSpec drift, Violations violations)
    {
        violations.CheckChoice("spec.drift.mode", drift.Mode, Modes);
        for (var i = 0; i < drift.Ignore.Count; i++)
        {
            Validate(KeyPaths.Item("spec.drift.ignore", i), drift.Ignore[i], violations);
        }
    }

    private static void Validate(string key, IgnoreRule rule, Violations violations)
    {
        var fields = KeyPaths.Field(key, "fields");
        if (rule.Fields.Count == 0)
        {
            violations.Add(fields, "The rule names no field: write JSON pointers, such as /spec/replicas.");
        }

        for (var i = 0; i < rule.Fields.Count; i++)
        {
            violations.Check(KeyPaths.Item(fields, i), PointerProblem(rule.Fields[i]));
        }
    }

    // RFC 6901: ~ is written ~0 and / is written ~1.
    private static string? PointerProblem(string pointer)
    {
        if (pointer.Length < 2 || pointer[0] != '/')
        {
            var mended = pointer.Trim('.', '/').Replace('.', '/');
            return $"{Quoting.Quote(pointer)} is not a JSON pointer: write /{(mended.Length == 0 ? "spec/replicas" : Quoting.Shorten(mended, 60))}.";
        }

        for (var i = 0; i < pointer.Length; i++)
        {
            if (pointer[i] == '~' && (i + 1 == pointer.Length || pointer[i + 1] is not ('0' or '1')))
            {
                return $"{Quoting.Quote(pointer)} is not a JSON pointer: write ~0 for ~ and ~1 for /.";
            }
        }

        return Identity.Contains(pointer)
            ? $"{pointer} says which object it is and cannot be ignored: name a field of its content, such as /spec/replicas."
            : null;
    }
}

namespace Fleet.KubeSim.Schema.Cel;

/// <summary>What is checked of a rule when its CRD is written: that it reads as CEL, and names only declared fields.</summary>
internal static class CelTypes
{
    /// <summary>Why the rule does not compile, in the server's form; null when it does.</summary>
    public static string? Problem(string rule, StructuralSchema self, bool root)
    {
        try
        {
            Walk(CelParser.Parse(rule), self, root);
            return null;
        }
        catch (CelException e) when (e.At >= 0)
        {
            var before = rule[..Math.Min(e.At, rule.Length)];
            var line = before.Count(c => c == '\n') + 1;
            var column = e.At - (before.LastIndexOf('\n') + 1);
            return $"compilation failed: ERROR: <input>:{line}:{column + 1}: {e.Message}\n | {rule.Split('\n')[line - 1]}\n | {new string('.', column)}^";
        }
    }

    /// <summary>The schema of a path from self or oldSelf; null where it is not known.</summary>
    private static StructuralSchema? Walk(CelNode node, StructuralSchema self, bool root)
    {
        switch (node)
        {
            case CelName { Name: "self" or "oldSelf" }:
                return self;
            case CelSelect select:
                var isRoot = root && select.Target is CelName;
                if (Walk(select.Target, self, root) is not { Type: "object" } target || target.PreserveUnknown)
                {
                    return null;
                }

                return target.Under(select.Field) is { } field ? field
                    : target.AllowsAnyAdditional || (target.EmbeddedResource || isRoot ? select.Field is "apiVersion" or "kind" or "metadata" : false) ? null
                    : throw new CelException($"undefined field '{select.Field}'", select.At);
            case CelIndex index:
                Walk(index.Key, self, root);
                return Walk(index.Target, self, root) switch
                {
                    { Type: "array" } list => list.Items,
                    { Type: "object" } map => map.AdditionalProperties,
                    _ => null,
                };
            case CelCall call:
                if (call.Target is not null)
                {
                    Walk(call.Target, self, root);
                }

                foreach (var argument in call.Arguments)
                {
                    Walk(argument, self, root);
                }

                return null;
            case CelList list:
                foreach (var item in list.Items)
                {
                    Walk(item, self, root);
                }

                return null;
            default:
                return null;
        }
    }
}

namespace Fleet.KubeSim.Schema.Cel;

/// <summary>What is checked of a rule when its CRD is written: that it reads as CEL, and names only declared fields.</summary>
internal static class CelTypes
{
    /// <summary>Why the rule does not compile, in the server's form; null when it does.</summary>
    public static string? Problem(string rule, StructuralSchema self, bool root)
    {
        try
        {
            var node = CelParser.Parse(rule);
            Walk(node, self, root);
            return Infer(node, self, root) is null or "bool" ? null : "cel expression must evaluate to a bool";
        }
        catch (CelException e) when (e.At >= 0)
        {
            var before = rule[..Math.Min(e.At, rule.Length)];
            var line = before.Count(c => c == '\n') + 1;
            var column = e.At - (before.LastIndexOf('\n') + 1);
            return $"compilation failed: ERROR: <input>:{line}:{column + 1}: {e.Message}\n | {rule.Split('\n')[line - 1]}\n | {new string('.', column)}^";
        }
    }

    /// <summary>The type of an expression where it is plain; null where it is not. Operators must fit their operands.</summary>
    private static string? Infer(CelNode node, StructuralSchema self, bool root)
    {
        switch (node)
        {
            case CelLiteral literal:
                return literal.Value switch { bool => "bool", long => "int", double => "double", string => "string", _ => null };
            case CelName or CelSelect or CelIndex:
                return Named(Walk(node, self, root));
            case CelCall { Target: null, Arguments: [var left, var right] } call when call.Name is "&&" or "||":
                Infer(left, self, root);
                Infer(right, self, root);
                return "bool";
            case CelCall { Target: null, Arguments: [var left, var right] } call when Operators.Contains(call.Name):
                return Operate(call, Infer(left, self, root), Infer(right, self, root));
            case CelCall { Target: null, Name: "!" or "has" }:
                return "bool";
            case CelCall { Name: "size" }:
                return "int";
            case CelCall { Target: not null, Name: "startsWith" or "endsWith" or "contains" or "matches" or "all" or "exists" or "exists_one" }:
                return "bool";
            default:
                return null;
        }
    }

    private static readonly string[] Operators = ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"];

    private static string? Operate(CelCall call, string? left, string? right)
    {
        var compares = call.Name is "==" or "!=" or "<" or "<=" or ">" or ">=";
        if (left is null || right is null)
        {
            return compares ? "bool" : null;
        }

        var numbers = left is "int" or "double" && right is "int" or "double";
        var fits = compares
            ? left == right || (numbers && call.Name is not ("==" or "!="))
            : left == right && (left == "int" || (left == "double" && call.Name != "%") || (left == "string" && call.Name == "+"));
        return !fits ? throw new CelException($"found no matching overload for '_{call.Name}_' applied to '({left}, {right})'", call.At)
            : compares ? "bool" : left;
    }

    /// <summary>The CEL type of a schema's scalars.</summary>
    private static string? Named(StructuralSchema? schema) => schema switch
    {
        null or { IntOrString: true } or { Nullable: true } => null,
        { Type: "integer" } => "int",
        { Type: "number" } => "double",
        { Type: "boolean" } => "bool",
        { Type: "string", Format: not ("date-time" or "date" or "duration" or "byte") } => "string",
        _ => null,
    };

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

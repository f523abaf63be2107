namespace Fleet.KubeSim.Schema.Cel;

/// <summary>Evaluates a CEL expression over plain values, within a bounded number of steps.</summary>
internal sealed class CelEvaluator(IReadOnlyDictionary<string, object?> variables)
{
    private const int MaxSteps = 200_000;
    private static readonly string[] Macros = ["all", "exists", "exists_one", "existsOne", "map", "filter"];

    private readonly Dictionary<string, object?> _scope = new(variables, StringComparer.Ordinal);
    private int _steps;

    public object? Evaluate(CelNode node)
    {
        if (++_steps > MaxSteps)
        {
            throw new CelUnknownException("budget");
        }

        switch (node)
        {
            case CelLiteral literal:
                return literal.Value;
            case CelName name:
                return _scope.TryGetValue(name.Name, out var value) ? value
                    : name.Name is "int" or "string" or "bool" or "double" or "list" or "map" or "null_type" ? "type:" + name.Name
                    : throw new CelException($"undeclared reference to '{name.Name}'", name.At);
            case CelSelect select:
                return Select(Evaluate(select.Target), select.Field, select.Optional);
            case CelIndex index:
                return Index(Evaluate(index.Target), Evaluate(index.Key), index.Optional);
            case CelList list:
                return list.Items.Select(Evaluate).ToList();
            case CelMap map:
                return map.Entries.ToDictionary(e => CelValues.Text(Evaluate(e.Key)), e => Evaluate(e.Value), StringComparer.Ordinal);
            case CelCall call:
                return Call(call);
            default:
                throw new CelUnknownException(node.GetType().Name);
        }
    }

    private static object? Select(object? target, string field, bool optional)
    {
        if (target is CelOptional maybe)
        {
            return maybe.Present && maybe.Value is Dictionary<string, object?> inner && inner.TryGetValue(field, out var found)
                ? new CelOptional(true, found)
                : CelOptional.None;
        }

        if (target is not Dictionary<string, object?> map)
        {
            throw new CelException($"no such key: {field}");
        }

        return map.TryGetValue(field, out var value) ? optional ? new CelOptional(true, value) : value
            : optional ? CelOptional.None
            : throw new CelException($"no such key: {field}");
    }

    private static object? Index(object? target, object? key, bool optional)
    {
        if (target is CelOptional maybe)
        {
            return maybe.Present ? Index(maybe.Value, key, true) : CelOptional.None;
        }

        switch (target)
        {
            case Dictionary<string, object?> map when key is string name:
                return Select(map, name, optional);
            case List<object?> list when key is long at:
                return at >= 0 && at < list.Count ? optional ? new CelOptional(true, list[(int)at]) : list[(int)at]
                    : optional ? CelOptional.None
                    : throw new CelException($"index out of bounds: {at}");
            default:
                throw new CelException("no such overload");
        }
    }

    private object? Call(CelCall call)
    {
        switch (call.Name)
        {
            case "&&":
                return Both(call.Arguments, stop: false);
            case "||":
                return Both(call.Arguments, stop: true);
            case "!":
                return !Flag(Evaluate(call.Arguments[0]));
            case "?:":
                return Evaluate(Flag(Evaluate(call.Arguments[0])) ? call.Arguments[1] : call.Arguments[2]);
            case "has" when call.Arguments is [CelSelect select]:
                return Evaluate(select.Target) is Dictionary<string, object?> map && map.ContainsKey(select.Field);
            case "optMap" when call is { Target: { } source, Arguments: [CelName variable, var body] }:
                return Evaluate(source) is CelOptional { Present: true } known
                    ? new CelOptional(true, With(variable.Name, known.Value, () => Evaluate(body)))
                    : CelOptional.None;
            default:
                break;
        }

        if (call.Target is { } over && Macros.Contains(call.Name) && call.Arguments is [CelName each, ..])
        {
            return Macro(call, Evaluate(over), each.Name);
        }

        var target = call.Target is null or CelName { Name: "optional" } ? null : Evaluate(call.Target);
        if (call.Target is CelName { Name: "optional" })
        {
            return call.Name == "none" ? CelOptional.None : new CelOptional(true, Evaluate(call.Arguments[0]));
        }

        var arguments = call.Arguments.Select(Evaluate).ToArray();
        return call.Target is null ? CelFunctions.Global(call.Name, arguments) : CelFunctions.Method(call.Name, target, arguments);
    }

    /// <summary>And, or: an error on the one side does not matter when the other decides.</summary>
    private bool Both(IReadOnlyList<CelNode> arguments, bool stop)
    {
        CelException? failed = null;
        foreach (var argument in arguments)
        {
            try
            {
                if (Flag(Evaluate(argument)) == stop)
                {
                    return stop;
                }
            }
            catch (CelException e)
            {
                failed = e;
            }
        }

        return failed is null ? !stop : throw failed;
    }

    private object? Macro(CelCall call, object? source, string variable)
    {
        var items = source switch
        {
            List<object?> list => list,
            Dictionary<string, object?> map => [.. map.Keys],
            _ => throw new CelException("no such overload"),
        };
        bool Holds(object? item) => Flag(With(variable, item, () => Evaluate(call.Arguments[1])));
        return call.Name switch
        {
            "all" => items.All(Holds),
            "exists" => items.Any(Holds),
            "exists_one" or "existsOne" => items.Count(Holds) == 1,
            "filter" => items.Where(Holds).ToList(),
            _ => call.Arguments.Count == 3
                ? items.Where(Holds).Select(i => With(variable, i, () => Evaluate(call.Arguments[2]))).ToList()
                : (object)items.Select(i => With(variable, i, () => Evaluate(call.Arguments[1]))).ToList(),
        };
    }

    private object? With(string variable, object? value, Func<object?> evaluate)
    {
        var had = _scope.TryGetValue(variable, out var before);
        _scope[variable] = value;
        var result = evaluate();
        if (had)
        {
            _scope[variable] = before;
        }
        else
        {
            _scope.Remove(variable);
        }

        return result;
    }

    private static bool Flag(object? value) => value is bool flag ? flag : throw new CelException("no such overload");
}

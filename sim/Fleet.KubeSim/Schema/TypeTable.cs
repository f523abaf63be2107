using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>
/// The types of kubernetes-types.txt (its head explains the notation), built when first asked for,
/// since a process uses few of them.
/// </summary>
public static class TypeTable
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, string> Lines = Load();
    private static readonly Dictionary<string, TypeSchema> Built = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, TypeSchema> Bases = MakeBases();

    /// <summary>The type of a name such as apps/v1.Deployment.</summary>
    public static TypeSchema Type(string name)
    {
        lock (Gate)
        {
            return Named(name);
        }
    }

    public static bool Knows(string name) => Lines.ContainsKey(name);

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(TypeTable).Assembly.GetManifestResourceStream("kubernetes-types.txt")
            ?? throw new InvalidOperationException("kubernetes-types.txt is not embedded in the assembly");
        using var reader = new StreamReader(stream);
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        var package = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (line.StartsWith("package ", StringComparison.Ordinal))
            {
                package = line[(space + 1)..];
            }
            else
            {
                lines.Add($"{package}.{line[..space]}", line[(space + 1)..]);
            }
        }

        return lines;
    }

    private static Dictionary<string, TypeSchema> MakeBases()
    {
        var bases = new Dictionary<string, TypeSchema>(StringComparer.Ordinal);
        void Scalar(string name, ScalarKind kind, string? goName = null) => bases.Add(name, TypeSchema.OfScalar(kind, goName ?? name));
        Scalar("string", ScalarKind.Text);
        Scalar("bool", ScalarKind.Boolean);
        Scalar("int32", ScalarKind.Int32);
        Scalar("int64", ScalarKind.Int64);
        Scalar("uint8", ScalarKind.UInt8);
        Scalar("float64", ScalarKind.Float64);
        Scalar("Quantity", ScalarKind.Quantity, "resource.Quantity");
        Scalar("IntOrString", ScalarKind.IntOrString, "intstr.IntOrString");
        Scalar("Time", ScalarKind.Time, "v1.Time");
        Scalar("MicroTime", ScalarKind.MicroTime, "v1.MicroTime");
        Scalar("Duration", ScalarKind.Duration, "v1.Duration");
        Scalar("bytes", ScalarKind.Bytes, "[]uint8");
        foreach (var raw in (string[])["RawExtension", "FieldsV1", "JSON", "SchemaOrArray", "SchemaOrBool", "SchemaOrStrings"])
        {
            bases.Add(raw, TypeSchema.Any);
        }

        return bases;
    }

    private static TypeSchema Named(string name)
    {
        if (Built.TryGetValue(name, out var built))
        {
            return built;
        }

        var line = Lines[name];
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var package = name[..dot];
        var goName = $"{package[(package.IndexOf('/', StringComparison.Ordinal) + 1)..]}{name[dot..]}";
        if (line.StartsWith("= ", StringComparison.Ordinal))
        {
            var atomic = line.EndsWith(" atomic", StringComparison.Ordinal);
            var target = Parse(package, (atomic ? line[..^7] : line)[2..]);
            var alias = target.Scalar != ScalarKind.None && !target.AllowsMap ? TypeSchema.OfScalar(target.Scalar, goName)
                : atomic ? target.AsAtomic()
                : target;
            Built.Add(name, alias);
            return alias;
        }

        var type = new TypeSchema { AllowsMap = true, IsStruct = true, GoName = goName, AtomicMap = line.StartsWith("atomic ", StringComparison.Ordinal) };
        Built.Add(name, type);
        var body = line[(line.IndexOf('{', StringComparison.Ordinal) + 1)..line.LastIndexOf('}')].Trim();
        var fields = body.Length == 0 ? [] : body.Split("; ");
        type.SetFields([.. fields.Select(f => ParseField(package, f))]);
        return type;
    }

    private static SchemaField ParseField(string package, string text)
    {
        var parts = text.Split(' ');
        var colon = parts[0].LastIndexOf(':');
        var name = parts[0][..colon];
        var always = name.EndsWith('!');
        var type = Parse(package, parts[0][(colon + 1)..]);
        var field = new SchemaField(always ? name[..^1] : name, type)
        {
            Always = always,
            Pointer = parts[0][colon + 1] == '*',
        };
        foreach (var attribute in parts[1..])
        {
            var equals = attribute.IndexOf('=', StringComparison.Ordinal);
            var value = attribute[(equals + 1)..];
            switch (equals < 0 ? attribute : attribute[..equals])
            {
                case "map":
                    field = field with { Type = type.WithListRule(ListRule.Map, value.Split(',')) };
                    break;
                case "set":
                    field = field with { Type = type.WithListRule(ListRule.Set, []) };
                    break;
                case "atomic":
                    field = field with { Type = Frozen(type) };
                    break;
                case "omitzero":
                    field = field with { OmitZero = true };
                    break;
                case "default":
                    field = field with { KeyDefault = JsonNode.Parse(value) };
                    break;
                case "patch":
                    var slash = value.IndexOf('/', StringComparison.Ordinal);
                    var strategies = (slash < 0 ? value : value[..slash]).Split(',');
                    field = field with
                    {
                        PatchMerge = strategies.Contains("merge"),
                        PatchRetainKeys = strategies.Contains("retainKeys"),
                        PatchMergeKey = slash < 0 ? null : value[(slash + 1)..],
                    };
                    break;
                default:
                    throw new InvalidOperationException($"kubernetes-types.txt: attribute {attribute} of {package} {text}");
            }
        }

        if (always && !field.Pointer && field.KeyDefault is null)
        {
            // The published OpenAPI gives a required value its zero as the default.
            field = field with
            {
                KeyDefault = type.Scalar switch
                {
                    ScalarKind.Text => "",
                    ScalarKind.Int32 or ScalarKind.Int64 => 0,
                    ScalarKind.Boolean => false,
                    _ => null,
                },
            };
        }

        return field;
    }

    /// <summary>A struct may still be under construction (recursion), and none of those is atomic at its field.</summary>
    private static TypeSchema Frozen(TypeSchema type) => type.IsStruct && type.Fields.Count == 0
        ? throw new InvalidOperationException($"kubernetes-types.txt: {type.GoName} is atomic at a field and recursive")
        : type.AsAtomic();

    private static TypeSchema Parse(string package, string text)
    {
        if (text[0] == '*')
        {
            return Parse(package, text[1..]);
        }

        if (text.StartsWith("[]", StringComparison.Ordinal))
        {
            var element = Parse(package, text[2..]);
            return new TypeSchema { AllowsList = true, ListElement = element, GoName = "[]" + element.GoName };
        }

        if (text.StartsWith("map[]", StringComparison.Ordinal))
        {
            var element = Parse(package, text[5..]);
            return new TypeSchema { AllowsMap = true, MapElement = element, GoName = "map[string]" + element.GoName };
        }

        var own = $"{package}.{text}";
        return Lines.ContainsKey(own) ? Named(own) : Bases.TryGetValue(text, out var known) ? known : Named(text);
    }
}

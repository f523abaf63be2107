using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>What a scalar is; the built-in types name their exact form, custom resources only the first five.</summary>
public enum ScalarKind
{
    None,
    Untyped,
    Text,
    Boolean,
    Numeric,
    Int32,
    Int64,
    UInt8,
    Float64,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Duration,
    Bytes,
}

/// <summary>How the elements of a list are told apart.</summary>
public enum ListRule
{
    Atomic,
    Set,
    Map,
}

/// <summary>A field of a struct: its type, how it is written when zero, and how patches treat it.</summary>
public sealed record SchemaField(string Name, TypeSchema Type)
{
    /// <summary>Place among the fields of its struct.</summary>
    public int Index { get; init; }

    public bool Pointer { get; init; }

    /// <summary>Written also when it is zero (no omitempty).</summary>
    public bool Always { get; init; }

    public bool OmitZero { get; init; }

    /// <summary>What a missing value counts as in the key of an associative list.</summary>
    public JsonNode? KeyDefault { get; init; }

    public bool PatchMerge { get; init; }

    public bool PatchRetainKeys { get; init; }

    public string? PatchMergeKey { get; init; }
}

/// <summary>
/// The type of a value as server-side apply sees it (structured-merge-diff): any of a scalar, a list and a map,
/// with the rules for lists and maps. Types may be recursive.
/// </summary>
public sealed class TypeSchema
{
    private Dictionary<string, SchemaField>? _byName;

    /// <summary>The Go name, such as v1.PodSpec, for error messages.</summary>
    public string GoName { get; internal set; } = "";

    public ScalarKind Scalar { get; internal set; }

    public bool AllowsMap { get; internal set; }

    public bool AllowsList { get; internal set; }

    public IReadOnlyList<SchemaField> Fields { get; private set; } = [];

    /// <summary>The type of keys that are no field; null when there may be none.</summary>
    public TypeSchema? MapElement { get; internal set; }

    public bool AtomicMap { get; internal set; }

    public TypeSchema? ListElement { get; internal set; }

    public ListRule ListRule { get; internal set; }

    public IReadOnlyList<string> Keys { get; internal set; } = [];

    /// <summary>Raw JSON which is neither checked nor changed (RawExtension, FieldsV1, JSON).</summary>
    public bool Raw { get; internal set; }

    /// <summary>Whether the fields are known, so that this is a struct in Go.</summary>
    public bool IsStruct { get; internal set; }

    /// <summary>Any value, maps and lists owned as a whole.</summary>
    public static TypeSchema AnyAtomic { get; } = MakeAnyAtomic();

    /// <summary>Any value, maps merged key by key: the type of what has no schema.</summary>
    public static TypeSchema Any { get; } = MakeAny();

    public SchemaField? Field(string name) => _byName is not null && _byName.TryGetValue(name, out var field) ? field : null;

    /// <summary>The type of the value under a key of a map or struct; null when the key is not declared.</summary>
    public TypeSchema? Under(string name) => Field(name)?.Type ?? MapElement;

    internal static TypeSchema OfScalar(ScalarKind kind, string goName) => new() { Scalar = kind, GoName = goName };

    internal void SetFields(IReadOnlyList<SchemaField> fields)
    {
        Fields = [.. fields.Select((f, i) => f with { Index = i })];
        _byName = Fields.ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    /// <summary>The same type, owned as one value.</summary>
    internal TypeSchema AsAtomic()
    {
        var copy = (TypeSchema)MemberwiseClone();
        copy.AtomicMap = true;
        return copy;
    }

    internal TypeSchema WithListRule(ListRule rule, IReadOnlyList<string> keys)
    {
        var copy = (TypeSchema)MemberwiseClone();
        copy.ListRule = rule;
        copy.Keys = keys;
        return copy;
    }

    private static TypeSchema MakeAny()
    {
        var any = new TypeSchema { Scalar = ScalarKind.Untyped, AllowsMap = true, AllowsList = true, Raw = true, ListElement = AnyAtomic };
        any.MapElement = any;
        return any;
    }

    private static TypeSchema MakeAnyAtomic()
    {
        var any = new TypeSchema { Scalar = ScalarKind.Untyped, AllowsMap = true, AllowsList = true, Raw = true, AtomicMap = true };
        any.MapElement = any;
        any.ListElement = any;
        return any;
    }
}

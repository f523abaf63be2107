namespace Fleet.KubeSim.Schema.Cel;

/// <summary>A part of a CEL expression; At is its place in the source, from 0.</summary>
internal abstract record CelNode(int At);

internal sealed record CelLiteral(object? Value, int At) : CelNode(At);

internal sealed record CelName(string Name, int At) : CelNode(At);

/// <summary>target.field, or target.?field; At is the place of the dot.</summary>
internal sealed record CelSelect(CelNode Target, string Field, bool Optional, int At) : CelNode(At);

internal sealed record CelIndex(CelNode Target, CelNode Key, bool Optional, int At) : CelNode(At);

/// <summary>A function, method or operator (!, -, +, ==, &amp;&amp;, ?:, …).</summary>
internal sealed record CelCall(string Name, CelNode? Target, IReadOnlyList<CelNode> Arguments, int At) : CelNode(At);

internal sealed record CelList(IReadOnlyList<CelNode> Items, int At) : CelNode(At);

internal sealed record CelMap(IReadOnlyList<(CelNode Key, CelNode Value)> Entries, int At) : CelNode(At);

/// <summary>An expression that cannot be read, or evaluated as it stands.</summary>
internal sealed class CelException(string message, int at = -1) : Exception(message)
{
    public int At { get; } = at;
}

/// <summary>Something of CEL that this evaluator does not know: the rule is then left unchecked.</summary>
internal sealed class CelUnknownException(string what) : Exception(what);

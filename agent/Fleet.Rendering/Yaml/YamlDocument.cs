using System.Text.Json.Nodes;

namespace Fleet.Rendering.Yaml;

/// <summary>A place in a file, from 1.</summary>
public readonly record struct Place(int Line, int Column);

/// <summary>One document of a stream as JSON, and where its maps and lists began.</summary>
public sealed class YamlDocument(JsonNode? root, Place start, IReadOnlyDictionary<JsonNode, Place> places, IReadOnlyList<YamlProblem> notes)
{
    public JsonNode? Root { get; } = root;
    public Place Start { get; } = start;

    /// <summary>What was read although it is likely a mistake: a key that stands twice, of which the last counts, as in Kubernetes' own tools.</summary>
    public IReadOnlyList<YamlProblem> Notes { get; } = notes;

    /// <summary>Where a map or a list of this document began; the document's own start for anything else.</summary>
    public Place Of(JsonNode? node) => node is not null && places.TryGetValue(node, out var p) ? p : Start;
}

/// <summary>What a stream could not be read for.</summary>
public sealed record YamlProblem(Place Place, string Problem, string Advice);

using System.Text.Json.Nodes;

namespace Fleet.Rendering;

/// <summary>One manifest and where it stands.</summary>
public sealed class RenderedObject(JsonObject manifest, string file, int line)
{
    public JsonObject Manifest { get; } = manifest;
    public string File { get; } = file;
    public int Line { get; } = line;

    public string Place => Line == 0 ? File : $"{File}:{Line}";
}

/// <summary>What came of a rendering. With errors, nothing of it is to be applied: half a commit is worse than none.</summary>
/// <param name="Objects">In the order of their files; empty when there are errors.</param>
/// <param name="Errors">All of them, up to the limit.</param>
/// <param name="MoreErrors">How many more there were.</param>
/// <param name="Notes">What somebody may miss: files that were skipped, duplicates that lost.</param>
public sealed record RenderResult(IReadOnlyList<RenderedObject> Objects, IReadOnlyList<RenderError> Errors, int MoreErrors, IReadOnlyList<string> Notes)
{
    public bool IsOk => Errors.Count == 0;

    /// <summary>No error, and nothing to apply either.</summary>
    public bool IsEmpty => IsOk && Objects.Count == 0;
}

using Fleet.Rendering.Files;

namespace Fleet.Rendering;

/// <summary>What to render: the same request gives the same result, on any machine at any time.</summary>
public sealed record RenderRequest(IFileTree Files, string Path)
{
    public RenderFormat Format { get; init; } = RenderFormat.Raw;
    public RawOptions Raw { get; init; } = new();
    /// <summary>Overrides the namespace of every namespaced object; empty: as they stand.</summary>
    public string Namespace { get; init; } = "";
    /// <summary>For namespaced objects that name none; empty: left to the agent, which takes <c>default</c>.</summary>
    public string DefaultNamespace { get; init; } = "";
    /// <summary>Added to metadata.labels, never to selectors or templates.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
    public Duplicates Duplicates { get; init; }
    public RenderLimits Limits { get; init; } = RenderLimits.Default;
}

/// <summary>How the files are turned into manifests.</summary>
public enum RenderFormat
{
    /// <summary>They are manifests.</summary>
    Raw,
}

/// <summary>What to do when one object stands twice.</summary>
public enum Duplicates
{
    Error,
    /// <summary>The later one by file name wins, with a note.</summary>
    Last,
}

/// <summary>What to do with files that are not manifests.</summary>
public enum NonManifests
{
    Error,
    Skip,
}

/// <summary>Which files of a folder are read as manifests.</summary>
public sealed record RawOptions
{
    public static readonly IReadOnlyList<string> DefaultInclude = ["*.yaml", "*.yml", "*.json"];

    /// <summary>Subfolders too.</summary>
    public bool Recursive { get; init; }
    /// <summary>Globs relative to the path; empty: <see cref="DefaultInclude"/>.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];
    public NonManifests NonManifests { get; init; }
}

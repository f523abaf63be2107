using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;

namespace Fleet.KubeSim.Resources;

/// <summary>Identifies where objects of a kind are stored: all served versions of one kind share it.</summary>
internal readonly record struct ResourceKey(string Group, string Plural)
{
    /// <summary>configmaps, deployments.apps: how the server's messages name a resource.</summary>
    public string Qualified => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>One served kind in one version.</summary>
internal sealed record ApiResource
{
    private static readonly IReadOnlyList<string> AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly IReadOnlyList<string> EndingVerbs = ["delete", "deletecollection", "get", "list", "watch"];
    private static readonly IReadOnlyList<string> CustomVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required bool Namespaced { get; init; }

    public IReadOnlyList<string> Verbs { get; init; } = AllVerbs;

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<Subresource> Subresources { get; init; } = [];

    /// <summary>The version that is stored; other served versions are converted.</summary>
    public required string StorageVersion { get; init; }

    /// <summary>Field selectors that a CustomResourceDefinition allows besides name and namespace.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>Columns that a CustomResourceDefinition adds to tables, as declared there.</summary>
    public IReadOnlyList<JsonObject> PrinterColumns { get; init; } = [];

    /// <summary>What every use of a deprecated version is answered with, as a Warning.</summary>
    public string? DeprecationWarning { get; init; }

    /// <summary>The rules of its objects; only virtual resources have none.</summary>
    public KindDefinition? Rules { get; init; }

    public KindDefinition Definition => Rules ?? throw new InvalidOperationException($"{QualifiedKind} is never stored.");

    /// <summary>Whether a CustomResourceDefinition defines it.</summary>
    public bool IsCustom { get; init; }

    /// <summary>Whether its definition is being deleted: nothing new is created then, and discovery shows only what reads and deletes.</summary>
    public bool IsEnding { get; init; }

    /// <summary>Whether it is only ever answered (reviews, bindings) and never stored.</summary>
    public bool IsVirtual { get; init; }

    public ResourceKey Key => new(Group, Plural);

    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>ConfigMap, Deployment.apps: how the server's messages name a kind.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    /// <summary>As the server computes it: the first eight bytes of SHA-256 over group/storage version/kind.</summary>
    public string StorageVersionHash
    {
        get
        {
            // The real server still hashes CustomResourceDefinition as v1beta1 (seen in the recordings).
            var version = Kind == "CustomResourceDefinition" ? "v1beta1" : StorageVersion;
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Group}/{version}/{Kind}"));
            return Convert.ToBase64String(hash.AsSpan(0, 8));
        }
    }

    /// <summary>The verbs that discovery shows.</summary>
    public IReadOnlyList<string> ListedVerbs => IsEnding ? EndingVerbs : Verbs;

    public bool Allows(string verb) => Verbs.Contains(verb);

    public Subresource? FindSubresource(string name) => Subresources.FirstOrDefault(s => s.Name == name);

    public static IReadOnlyList<string> VerbsOfCustomResources => CustomVerbs;
}

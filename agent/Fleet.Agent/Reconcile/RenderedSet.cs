using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Reconcile;

/// <summary>
/// What an Assignment rendered to, as it is kept in memory: planning needs keys and hashes alone, so the bodies are packed
/// and unpacked one by one when they are written.
/// </summary>
internal sealed class RenderedSet
{
    private readonly Dictionary<ObjectKey, byte[]> _packed;

    private RenderedSet(string revision, string specDigest, DesiredSet desired, Dictionary<ObjectKey, byte[]> packed, IReadOnlyList<GroupVersionKind> unknown)
    {
        (Revision, SpecDigest, Desired, _packed, UnknownKinds) = (revision, specDigest, desired, packed, unknown);
        Definitions = desired.Objects.Any(d => d.Key.Kind == "CustomResourceDefinition");
        Admission = desired.Objects.Any(d => InstallOrder.StageOf(d.Key.Group, d.Key.Kind) == Stage.Admission);
    }

    public string Revision { get; }
    public string SpecDigest { get; }
    /// <summary>Objects with identity only.</summary>
    public DesiredSet Desired { get; }
    /// <summary>Kinds that the cluster did not know: their scope is a guess, to be settled once it does.</summary>
    public IReadOnlyList<GroupVersionKind> UnknownKinds { get; }
    public bool Definitions { get; }
    public bool Admission { get; }

    public static RenderedSet Of(string revision, string specDigest, DesiredSet full, IReadOnlyList<GroupVersionKind> unknown)
    {
        var packed = new Dictionary<ObjectKey, byte[]>(full.Objects.Count);
        var stubs = new List<DesiredObject>(full.Objects.Count);
        foreach (var desired in full.Objects)
        {
            packed[desired.Key] = Pack(desired.Object.Json);
            stubs.Add(new(Stub(desired.Object), desired.Source, desired.Hash));
        }
        return new(revision, specDigest, full with { Objects = stubs }, packed, unknown);
    }

    public bool IsOf(string revision, string specDigest) => Revision == revision && SpecDigest == specDigest;

    /// <summary>The whole manifest as it is applied; a new copy each time.</summary>
    public KubeObject Body(ObjectKey key)
    {
        using var packed = new MemoryStream(_packed[key]);
        using var inflate = new DeflateStream(packed, CompressionMode.Decompress);
        return new((JsonObject)JsonNode.Parse(inflate, documentOptions: new() { MaxDepth = 512 })!);
    }

    /// <summary>All manifests, for what must look at several together.</summary>
    public List<DesiredObject> Whole() => [.. Desired.Objects.Select(d => d with { Object = Body(d.Key) })];

    private static KubeObject Stub(KubeObject full)
    {
        var metadata = new JsonObject { ["name"] = full.Name };
        if (full.Namespace.Length > 0) metadata["namespace"] = full.Namespace;
        return new(new() { ["apiVersion"] = full.ApiVersion, ["kind"] = full.Kind, ["metadata"] = metadata });
    }

    private static byte[] Pack(JsonObject body)
    {
        using var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        using (var json = new Utf8JsonWriter(deflate, new() { SkipValidation = true, MaxDepth = 512 }))
        {
            body.WriteTo(json);
        }
        return buffer.ToArray();
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Who owns an object: one Assignment of one hub. The only place where labels, annotations and field managers are named.</summary>
public sealed record Ownership(string HubId, string AssignmentUid)
{
    /// <summary>On every object that we apply; also the selector of our watches.</summary>
    public const string Label = "fleet.dev/owner";
    public const string FieldManager = "fleet-agent";
    /// <summary>Holds the live value of a field that is being left to others, so that letting go does not reset it.</summary>
    public const string ReleasedManager = "fleet-agent-released";
    /// <summary>Set to <c>never</c>, the object is not pruned.</summary>
    public const string PruneAnnotation = "fleet/prune";

    /// <summary>
    /// The label's value, 49 characters: a hash of each id, since ids may hold what a label may not, and be longer.
    /// The hub's part comes first, so that two hubs on one cluster tell their objects apart.
    /// </summary>
    public string LabelValue { get; } = $"{Short(HubId)}.{Short(AssignmentUid)}";

    /// <summary>On Namespaces, which several Assignments may bring: with a value of each, they would fight over the label for ever.</summary>
    public string SharedValue { get; } = $"{Short(HubId)}.shared";

    public bool Owns(KubeObject live) => live.Label(Label) == ValueFor(live.ApiVersion, live.Kind);

    /// <summary>True when some Assignment of our hub owns it.</summary>
    public bool IsOfOurHub(KubeObject live) =>
        live.Label(Label) is { } value && value.StartsWith(Short(HubId) + ".", StringComparison.Ordinal);

    public static bool IsPruneNever(KubeObject o) => o.Annotation(PruneAnnotation) == "never";

    public void Stamp(JsonObject manifest)
    {
        if (manifest["metadata"] is not JsonObject metadata) manifest["metadata"] = metadata = [];
        if (metadata["labels"] is not JsonObject labels) metadata["labels"] = labels = [];
        labels[Label] = ValueFor(manifest.Text("apiVersion") ?? "", manifest.Text("kind") ?? "");
    }

    private string ValueFor(string apiVersion, string kind) => kind == "Namespace" && apiVersion == "v1" ? SharedValue : LabelValue;

    private static string Short(string id)
    {
        const string alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), digest);
        return string.Create(24, digest[..15].ToArray(), static (text, bytes) =>
        {
            for (var i = 0; i < 3; i++)
            {
                ulong group = 0;
                foreach (var b in bytes.AsSpan(i * 5, 5)) group = (group << 8) | b;
                for (var j = 7; j >= 0; j--, group >>= 5) text[(i * 8) + j] = alphabet[(int)(group & 31)];
            }
        });
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Conformance;

/// <summary>One place where an answer is not as recorded.</summary>
internal sealed record Difference(string Step, string Path, string Wanted, string Got)
{
    public const string Absent = "(absent)";
    private const int Longest = 300;
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Show(JsonNode? value)
    {
        var text = value is null ? "null" : value.ToJsonString(Relaxed);
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }

    public override string ToString() => $"[{Step}] {(Path.Length == 0 ? "/" : Path)}: want {Wanted}, got {Got}";
}

using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Patches;

/// <summary>What a patch came to: the patched value, or the HTTP status and message with which the server refuses.</summary>
public sealed record PatchResult(JsonNode? Value, int Status, string? Message)
{
    public bool Succeeded => Message is null;

    internal static PatchResult Of(JsonNode? value) => new(value, 200, null);

    internal static PatchResult BadRequest(string message) => new(null, 400, message);

    /// <summary>500: an error that the server passes on as it came.</summary>
    internal static PatchResult Unforeseen(string message) => new(null, 500, message);

    /// <summary>422 with the server's general words: it says nothing of the operation that failed.</summary>
    internal static PatchResult Rejected() => new(null, 422, "the server rejected our request due to an error in our request");
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Serving;

/// <summary>One page of a list.</summary>
internal sealed record ObjectList(IReadOnlyList<StoredObject> Items, string Version, string? Continue, long? Remaining)
{
    /// <param name="alwaysContinue">Lists of custom resources carry an empty continue.</param>
    public JsonObject Metadata(bool alwaysContinue = false)
    {
        var metadata = new JsonObject { ["resourceVersion"] = Version };
        if (Continue is not null || alwaysContinue)
        {
            metadata["continue"] = Continue ?? "";
        }

        if (Remaining is not null)
        {
            metadata["remainingItemCount"] = Remaining;
        }

        return metadata;
    }
}

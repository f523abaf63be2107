using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Serving;

/// <summary>Reviews are answered with managedFields too, though nobody stores them.</summary>
internal static class ReviewOwnership
{
    public static void Track(JsonObject review, string manager, DateTimeOffset now)
    {
        var metadata = review.MapOrNew("metadata");
        if (review["spec"] is not JsonObject { Count: > 0 } spec || Owned(spec) is not { Count: > 0 } fields)
        {
            return;
        }

        metadata["managedFields"] = new JsonArray(new JsonObject
        {
            ["manager"] = ManagedFields.FromUserAgent(manager) is { Length: > 0 } name ? name : "unknown",
            ["operation"] = "Update",
            ["apiVersion"] = review.Text("apiVersion"),
            ["time"] = Hosting.ClusterState.Timestamp(now),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = new JsonObject { ["f:spec"] = fields },
        });
    }

    /// <summary>The attributes are pointers to structs, so each has an entry of its own; lists are atomic.</summary>
    private static JsonObject Owned(JsonObject map)
    {
        var fields = new JsonObject();
        foreach (var (key, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (value is JsonObject nested)
            {
                var below = Owned(nested);
                below.Insert(0, ".", new JsonObject());
                fields[$"f:{key}"] = below;
            }
            else if (value is not null)
            {
                fields[$"f:{key}"] = new JsonObject();
            }
        }

        return fields;
    }
}

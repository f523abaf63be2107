using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>Sets conditions of a status, and their times only when something changes.</summary>
internal static class Conditions
{
    public static JsonObject? Find(JsonObject status, string type) =>
        (status.List("conditions") ?? []).OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);

    /// <remarks>updateTime names a second time field that also changes with reason and message; probeTime one that is set once.</remarks>
    public static void Set(
        JsonObject status, string type, bool value, string reason, string message, string now, string? updateTime = null, string? probeTime = null)
    {
        var text = value ? "True" : "False";
        if (Find(status, type) is { } existing)
        {
            if (existing.Text("status") == text && existing.Text("reason") == Optional(reason) && existing.Text("message") == Optional(message))
            {
                return;
            }

            if (existing.Text("status") != text)
            {
                existing["lastTransitionTime"] = now;
            }

            existing["status"] = text;
            SetText(existing, "reason", reason);
            SetText(existing, "message", message);
            if (updateTime is not null)
            {
                existing[updateTime] = now;
            }

            return;
        }

        var condition = new JsonObject { ["type"] = type, ["status"] = text };
        if (probeTime is not null)
        {
            condition[probeTime] = now;
        }

        if (updateTime is not null)
        {
            condition[updateTime] = now;
        }

        condition["lastTransitionTime"] = now;
        SetText(condition, "reason", reason);
        SetText(condition, "message", message);
        if (status["conditions"] is JsonArray list)
        {
            list.Add(condition);
        }
        else
        {
            status["conditions"] = new JsonArray(condition);
        }
    }

    private static string? Optional(string text) => text.Length == 0 ? null : text;

    private static void SetText(JsonObject condition, string key, string value)
    {
        if (value.Length == 0)
        {
            condition.Remove(key);
        }
        else
        {
            condition[key] = value;
        }
    }
}

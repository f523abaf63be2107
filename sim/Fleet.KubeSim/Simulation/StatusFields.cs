using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Simulation;

/// <summary>Sets counters of a status: zero is left out, as Go's omitempty does.</summary>
internal static class StatusFields
{
    public static void Count(this JsonObject status, string key, long value)
    {
        if (value == 0)
        {
            status.Remove(key);
        }
        else
        {
            status[key] = value;
        }
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Verbs;

/// <summary>How long an object that is deleted gets to end: only scheduled pods that still run get any time.</summary>
internal static class GracePeriod
{
    public static long Of(ApiResource resource, JsonObject content, long? asked)
    {
        if (resource is not { Kind: "Pod", Group: "" })
        {
            return 0;
        }

        var spec = content.Map("spec");
        if (spec.Text("nodeName") is not { Length: > 0 } || content.Map("status").Text("phase") is "Failed" or "Succeeded")
        {
            return 0;
        }

        // The server takes a negative time for one second.
        return (asked ?? spec.Whole("terminationGracePeriodSeconds") ?? 30) is >= 0 and var seconds ? seconds : 1;
    }
}

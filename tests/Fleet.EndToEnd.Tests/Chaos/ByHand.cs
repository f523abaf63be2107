using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>What somebody with kubectl does to an object.</summary>
internal static class ByHand
{
    public static void Change(ClusterStore store, ObjectId id) => store.Change(id.ApiVersion, id.Kind, id.Namespace, id.Name, o =>
    {
        switch (id.Kind)
        {
            case "ConfigMap":
                o["data"] = new JsonObject { ["value"] = "by hand", ["more"] = "1" };
                break;
            case "Service":
                o["spec"]!["selector"] = new JsonObject { ["app"] = "by-hand" };
                break;
            case "Deployment":
                o["spec"]!["replicas"] = 3;
                break;
            default:
                o["metadata"]!["annotations"]!["chaos"] = "by hand";
                break;
        }
    }, "kubectl-edit");
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Workloads that keep pods running take no other restart policy.</summary>
internal static class RestartAlways
{
    public static void Check(JsonObject? template, Findings errors)
    {
        if (template.Map("spec").Text("restartPolicy") is { } policy && policy != "Always")
        {
            errors.OneOf("spec.template.spec.restartPolicy", policy, "Always");
        }
    }
}

using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>A pod template as the server's messages show it.</summary>
internal static class InternalPodTemplate
{
    public static string Shown(JsonObject template) => Fleet.KubeSim.Schema.Json.Encode(template);
}

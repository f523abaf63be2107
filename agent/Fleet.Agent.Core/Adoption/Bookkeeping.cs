using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Adoption;

/// <summary>Labels and annotations by which deploying tools know their objects again: they may go, or differ, without the object being another.</summary>
public static class Bookkeeping
{
    private static readonly string[] Prefixes =
        ["meta.helm.sh/", "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "objectset.rio.cattle.io/", "fleet.cattle.io/"];

    private static readonly HashSet<string> Names = [Ownership.Label, TakeOver.LastApplied, "app.kubernetes.io/managed-by"];

    /// <summary>A copy without any of it.</summary>
    public static KubeObject Bare(KubeObject o)
    {
        var bare = o.Clone();
        foreach (var field in (string[])["labels", "annotations"])
        {
            if (bare.Metadata?[field] is not JsonObject map) continue;
            foreach (var key in map.Select(p => p.Key).Where(IsOne).ToList()) map.Remove(key);
            if (map.Count == 0) bare.Metadata.Remove(field);
        }
        return bare;
    }

    private static bool IsOne(string key) => Names.Contains(key) || Prefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal));
}

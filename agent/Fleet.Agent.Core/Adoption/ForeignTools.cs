namespace Fleet.Agent.Core.Adoption;

/// <summary>Field managers of tools that deploy whole objects, from which an adopted object is taken over; controllers and users are none of them.</summary>
public static class ForeignTools
{
    /// <summary>Holds everything that an object had when it was first applied server-side; on old objects "ancient-changes" too.</summary>
    public const string BeforeFirstApply = "before-first-apply";

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        BeforeFirstApply, "ancient-changes", "helm", "Helm", "Go-http-client", "argocd-controller", "argocd-application-controller",
        "kustomize-controller", "helm-controller", "gotk-kustomize-controller", "fleetagent", "fleet-agent-helm", "terraform-provider-kubernetes", "Terraform", "pulumi-kubernetes",
    };

    /// <summary>Every verb of kubectl names itself (kubectl-client-side-apply, kubectl-create); kubectl-rollout and the like only touch what they touch.</summary>
    public static bool IsOne(string manager) => Known.Contains(manager)
        || manager is "kubectl" or "kubectl-client-side-apply" or "kubectl-create" or "kubectl-replace" or "kubectl-edit" or "kubectl-patch" or "kubectl-last-applied";
}

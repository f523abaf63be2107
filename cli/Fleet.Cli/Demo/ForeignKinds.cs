using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;

namespace Fleet.Cli.Demo;

/// <summary>
/// Kinds that real manifests use and neither Kubernetes nor the manifests themselves define (a service mesh's, say). A real cluster's owner would have
/// installed them beforehand; in a simulated one, permissive definitions stand in.
/// </summary>
internal static class ForeignKinds
{
    private static readonly GroupVersionKind Definition = new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");

    public static async Task<IReadOnlyList<string>> InstallAsync(IKubeApi api, IReadOnlyList<KubeObject> objects, CancellationToken cancellationToken)
    {
        var defined = objects.Where(o => o.Kind == "CustomResourceDefinition")
            .Select(o => (o.Spec?["group"]?.GetValue<string>() ?? "", o.Spec?["names"]?["kind"]?.GetValue<string>() ?? "")).ToHashSet();
        var installed = new List<string>();
        foreach (var kind in objects.Select(o => o.GroupVersionKind).Distinct().Where(k => k.Group.Length > 0 && !defined.Contains((k.Group, k.Kind))))
        {
            var known = await api.ResolveAsync(kind, cancellationToken);
            if (known.IsOk || known.Error.Failure != KubeFailure.UnknownKind)
            {
                continue;
            }

            var definitions = (await api.ResolveAsync(Definition, cancellationToken)).Value!;
            var created = await api.CreateAsync(definitions, new KubeObject(DefinitionOf(kind)), new WriteOptions("cluster-owner"), cancellationToken);
            if (!created.IsOk)
            {
                throw new FailureException($"a definition for {kind} could not be made: {created.Error}", ExitCodes.Failed);
            }

            installed.Add(kind.Kind);
            await Eventually.BecomesAsync($"{kind} served", TimeSpan.FromSeconds(30), async () =>
            {
                api.ForgetGroup(kind.Group);
                return (await api.ResolveAsync(kind, cancellationToken)).Error?.ToString();
            }, cancellationToken);
        }

        return installed;
    }

    private static JsonObject DefinitionOf(GroupVersionKind kind)
    {
        var singular = kind.Kind.ToLowerInvariant();
        var plural = singular.EndsWith('y') && !"aeiou".Contains(singular[^2]) ? singular[..^1] + "ies" : singular.EndsWith('s') ? singular + "es" : singular + "s";
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{plural}.{kind.Group}",
                // Groups under k8s.io must name the review that approved them.
                ["annotations"] = kind.Group.EndsWith(".k8s.io", StringComparison.Ordinal) ? new JsonObject { ["api-approved.kubernetes.io"] = "unapproved, a simulated cluster's stand-in" } : null,
            },
            ["spec"] = new JsonObject
            {
                ["group"] = kind.Group,
                ["scope"] = "Namespaced",
                ["names"] = new JsonObject { ["plural"] = plural, ["singular"] = singular, ["kind"] = kind.Kind, ["listKind"] = kind.Kind + "List" },
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["name"] = kind.Version,
                    ["served"] = true,
                    ["storage"] = true,
                    ["schema"] = new JsonObject { ["openAPIV3Schema"] = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true } },
                }),
            },
        };
    }
}

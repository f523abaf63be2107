using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Admission;

/// <summary>What the plugins ServiceAccount, DefaultTolerationSeconds and Priority make of a new pod.</summary>
internal static class PodDefaults
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const long TolerationSeconds = 300;
    private static readonly ResourceKey ServiceAccounts = new("", "serviceaccounts");
    private static readonly ResourceKey PriorityClasses = new("scheduling.k8s.io", "priorityclasses");
    private static readonly string[] Taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    public static void Apply(JsonObject pod, ClusterState cluster)
    {
        var spec = pod.MapOrNew("spec");
        SetServiceAccount(pod, spec, cluster);
        SetTolerations(spec);
        SetPriority(pod, spec, cluster);
    }

    private static void SetServiceAccount(JsonObject pod, JsonObject spec, ClusterState cluster)
    {
        var ns = pod.Map("metadata").Text("namespace") ?? "";
        var name = pod.Map("metadata").Text("name") ?? "";
        if (spec.Text("serviceAccountName") is not { Length: > 0 } account)
        {
            account = "default";
            spec["serviceAccountName"] = account;
        }

        spec["serviceAccount"] = account;
        if (cluster.Store.Find(ServiceAccounts, ns, account) is not { } found)
        {
            throw ApiException.Forbidden("", "pods", name, $"error looking up service account {ns}/{account}: serviceaccount \"{account}\" not found");
        }

        var holder = found.ToJson();
        if (spec.List("imagePullSecrets") is null && holder.List("imagePullSecrets") is { Count: > 0 } secrets)
        {
            spec["imagePullSecrets"] = secrets.DeepClone();
        }

        var automount = spec.ContainsKey("automountServiceAccountToken") ? spec.Flag("automountServiceAccountToken")
            : !holder.ContainsKey("automountServiceAccountToken") || holder.Flag("automountServiceAccountToken");
        if (automount)
        {
            MountToken(spec, cluster);
        }
    }

    private static void MountToken(JsonObject spec, ClusterState cluster)
    {
        var volume = $"kube-api-access-{cluster.Names.Suffix(5)}";
        var mounted = false;
        foreach (var container in Containers(spec))
        {
            var mounts = container.List("volumeMounts") ?? [];
            if (mounts.OfType<JsonObject>().Any(m => m.Text("mountPath") == TokenPath))
            {
                continue;
            }

            mounts.Add(new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = TokenPath });
            container["volumeMounts"] = mounts.Parent is null ? mounts : mounts.DeepClone();
            mounted = true;
        }

        if (!mounted)
        {
            return;
        }

        var volumes = spec.List("volumes") ?? [];
        volumes.Add(new JsonObject
        {
            ["name"] = volume,
            ["projected"] = new JsonObject
            {
                ["sources"] = new JsonArray(
                    new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = 3607, ["path"] = "token" } },
                    new JsonObject
                    {
                        ["configMap"] = new JsonObject
                        {
                            ["name"] = "kube-root-ca.crt",
                            ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }),
                        },
                    },
                    new JsonObject
                    {
                        ["downwardAPI"] = new JsonObject
                        {
                            ["items"] = new JsonArray(new JsonObject
                            {
                                ["path"] = "namespace",
                                ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.namespace" },
                            }),
                        },
                    }),
                ["defaultMode"] = 420,
            },
        });
        if (volumes.Parent is null)
        {
            spec["volumes"] = volumes;
        }
    }

    private static IEnumerable<JsonObject> Containers(JsonObject spec) =>
        (spec.List("initContainers") ?? []).Concat(spec.List("containers") ?? []).OfType<JsonObject>();

    private static void SetTolerations(JsonObject spec)
    {
        var tolerations = spec.List("tolerations") ?? [];
        foreach (var taint in Taints)
        {
            var tolerated = tolerations.OfType<JsonObject>().Any(t =>
                (t.Text("key") == taint || (t.Text("key") is null or "" && t.Text("operator") == "Exists")) && t.Text("effect") is null or "" or "NoExecute");
            if (!tolerated)
            {
                tolerations.Add(new JsonObject { ["key"] = taint, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = TolerationSeconds });
            }
        }

        if (tolerations.Parent is null && tolerations.Count > 0)
        {
            spec["tolerations"] = tolerations;
        }
    }

    private static void SetPriority(JsonObject pod, JsonObject spec, ClusterState cluster)
    {
        var wanted = spec.Text("priorityClassName");
        var classes = cluster.Store.List(PriorityClasses).Items;
        var chosen = wanted is { Length: > 0 }
            ? classes.FirstOrDefault(c => c.Name == wanted)?.ToJson()
            : classes.Select(c => c.ToJson()).Where(c => c.Flag("globalDefault")).OrderBy(c => c.Whole("value")).FirstOrDefault();
        if (chosen is null && wanted is { Length: > 0 })
        {
            throw ApiException.Forbidden("", "pods", pod.Map("metadata").Text("name") ?? "", $"no PriorityClass with name {wanted} was found");
        }

        if (chosen is not null)
        {
            spec["priorityClassName"] = chosen.Map("metadata").Text("name");
        }

        spec["priority"] = chosen.Whole("value") ?? 0;
        spec["preemptionPolicy"] = chosen.Text("preemptionPolicy") ?? "PreemptLowerPriority";
    }
}

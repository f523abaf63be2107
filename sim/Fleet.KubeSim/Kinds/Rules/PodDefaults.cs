using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Defaults of pod specs, in pods and in templates alike.</summary>
internal static class PodDefaults
{
    private static readonly string[] ContainerLists = ["initContainers", "containers", "ephemeralContainers"];

    /// <summary>Fills in a template's spec.</summary>
    public static void Template(JsonObject? template)
    {
        if (template.Map("spec") is { } spec)
        {
            Spec(spec);
        }
    }

    public static void Spec(JsonObject spec)
    {
        foreach (var volume in spec.Each("volumes"))
        {
            Volume(volume);
        }

        foreach (var container in ContainerLists.SelectMany(l => spec.Each(l)))
        {
            Container(container);
        }

        spec.FillText("restartPolicy", "Always");
        spec.Fill("terminationGracePeriodSeconds", 30);
        spec.FillText("dnsPolicy", "ClusterFirst");
        spec.Fill("securityContext", new JsonObject());
        spec.FillText("schedulerName", "default-scheduler");
        if (spec.Text("serviceAccountName") is { Length: > 0 } account)
        {
            spec["serviceAccount"] = account;
        }
        else if (spec.Text("serviceAccount") is { Length: > 0 } deprecated)
        {
            spec["serviceAccountName"] = deprecated;
        }
    }

    /// <summary>What only pods get, not templates.</summary>
    public static void PodOnly(JsonObject spec)
    {
        foreach (var container in spec.Each("containers").Concat(spec.Each("initContainers")))
        {
            if (container.Map("resources") is { } resources && resources.Map("limits") is { } limits)
            {
                var requests = resources.MapOrNew("requests");
                foreach (var (name, value) in limits)
                {
                    requests.Fill(name, value?.DeepClone());
                }
            }

            if (spec.Flag("hostNetwork"))
            {
                foreach (var port in container.Each("ports"))
                {
                    if (port.Whole("hostPort") is null or 0)
                    {
                        port["hostPort"] = port["containerPort"]?.DeepClone();
                    }
                }
            }
        }

        spec.Fill("enableServiceLinks", true);
    }

    /// <summary>The pull policy that an image's tag calls for.</summary>
    public static string PullPolicy(string image)
    {
        var digest = image.Contains('@', StringComparison.Ordinal);
        var name = image.Split('@', 2)[0];
        var colon = name.LastIndexOf(':');
        var tag = colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
        return tag == "latest" || (tag.Length == 0 && !digest) ? "Always" : "IfNotPresent";
    }

    private static void Container(JsonObject container)
    {
        foreach (var port in container.Each("ports"))
        {
            port.FillText("protocol", "TCP");
        }

        foreach (var variable in container.Each("env"))
        {
            variable.Map("valueFrom").Map("fieldRef")?.FillText("apiVersion", "v1");
        }

        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Map(probe) is { } found)
            {
                Handler(found);
                found.Map("grpc")?.Fill("service", "");
                found.FillNumber("timeoutSeconds", 1);
                found.FillNumber("periodSeconds", 10);
                found.FillNumber("successThreshold", 1);
                found.FillNumber("failureThreshold", 3);
            }
        }

        foreach (var hook in (string[])["postStart", "preStop"])
        {
            if (container.Map("lifecycle").Map(hook) is { } found)
            {
                Handler(found);
            }
        }

        container.FillText("terminationMessagePath", "/dev/termination-log");
        container.FillText("terminationMessagePolicy", "File");
        container.FillText("imagePullPolicy", PullPolicy(container.Text("image") ?? ""));
    }

    private static void Handler(JsonObject handler)
    {
        if (handler.Map("httpGet") is { } get)
        {
            get.FillText("path", "/");
            get.FillText("scheme", "HTTP");
        }
    }

    private static void Volume(JsonObject volume)
    {
        if (volume.All(p => p.Key == "name" || p.Value is null))
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var files in (string[])["secret", "configMap", "downwardAPI", "projected"])
        {
            volume.Map(files)?.Fill("defaultMode", 420);
        }

        DownwardItems(volume.Map("downwardAPI"));
        foreach (var source in volume.Map("projected").Each("sources"))
        {
            source.Map("serviceAccountToken")?.Fill("expirationSeconds", 3600);
            DownwardItems(source.Map("downwardAPI"));
        }

        volume.Map("hostPath")?.Fill("type", "");
        volume.Map("iscsi")?.FillText("iscsiInterface", "default");
        if (volume.Map("rbd") is { } rbd)
        {
            rbd.FillText("pool", "rbd");
            rbd.FillText("user", "admin");
            rbd.FillText("keyring", "/etc/ceph/keyring");
        }

        if (volume.Map("image") is { } image)
        {
            image.FillText("pullPolicy", PullPolicy(image.Text("reference") ?? ""));
        }

        volume.Map("ephemeral").Map("volumeClaimTemplate").Map("spec")?.Fill("volumeMode", "Filesystem");
    }

    private static void DownwardItems(JsonObject? downward)
    {
        foreach (var item in downward.Each("items"))
        {
            item.Map("fieldRef")?.FillText("apiVersion", "v1");
        }
    }
}

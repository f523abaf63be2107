using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>What the server warns of in pods and templates, after api/pod/warnings.go.</summary>
internal static class PodWarnings
{
    private static readonly (string Old, string Now)[] NodeLabels =
    [
        ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
        ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
        ("failure-domain.beta.kubernetes.io/region", "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"),
        ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
        ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ];

    /// <summary>Warnings of a workload's template, where it is new or changed.</summary>
    public static IEnumerable<string> Template(JsonObject? template, JsonObject? old, string field)
    {
        // Only what the old one did not bring about already.
        var known = old is null ? [] : Spec(old.Map("spec") ?? [], $"{field}.spec").ToHashSet(StringComparer.Ordinal);
        return Spec(template.Map("spec") ?? [], $"{field}.spec").Where(w => !known.Contains(w));
    }

    /// <summary>Names end up in host names, which are labels.</summary>
    public static IEnumerable<string> Name(JsonObject item, JsonObject? old, bool pod) =>
        old is null && Names.Label(item.Map("metadata").Text("name") ?? "") is { Count: > 0 } why
            ? [$"metadata.name: this is used in {(pod ? "the Pod's hostname" : "Pod names and hostnames")}, which can result in surprising behavior; a DNS label is recommended: [{string.Join(' ', why)}]"]
            : [];

    public static IEnumerable<string> Spec(JsonObject spec, string field)
    {
        foreach (var (label, words) in NodeLabels.Where(l => spec.Map("nodeSelector")?.ContainsKey(l.Old) == true))
        {
            yield return $"{field}.nodeSelector[{label}]: {words}";
        }

        var i = 0;
        foreach (var volume in spec.Each("volumes"))
        {
            var at = $"{field}.volumes[{i++}]";
            if (volume["gitRepo"] is not null)
            {
                yield return $"{at}.gitRepo: deprecated in v1.11, and disabled by default in v1.33+";
            }

            foreach (var name in (string[])["scaleIO", "flocker", "quobyte", "storageos", "glusterfs"])
            {
                if (volume[name] is not null)
                {
                    yield return $"{at}.{name}: deprecated in v{(name is "glusterfs" ? "1.25" : "1.22")}, non-functional in v{(name == "glusterfs" ? "1.26" : "1.25")}+";
                }
            }
        }

        i = 0;
        foreach (var secret in spec.Each("imagePullSecrets"))
        {
            if (string.IsNullOrEmpty(secret.Text("name")))
            {
                yield return $"{field}.imagePullSecrets[{i}].name: invalid empty name \"\"";
            }

            i++;
        }

        foreach (var list in (string[])["initContainers", "containers"])
        {
            i = 0;
            foreach (var container in spec.Each(list))
            {
                foreach (var warning in Container(container, $"{field}.{list}[{i}]"))
                {
                    yield return warning;
                }

                i++;
            }
        }

        foreach (var warning in Ports(spec, field))
        {
            yield return warning;
        }

        if (spec.Whole("terminationGracePeriodSeconds") < 0)
        {
            yield return $"{field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1";
        }
    }

    private static IEnumerable<string> Container(JsonObject container, string field)
    {
        foreach (var bag in (string[])["limits", "requests"])
        {
            foreach (var name in (string[])["memory", "ephemeral-storage"])
            {
                if (container.Map("resources").Map(bag).Text(name) is { } text && text.EndsWith('m'))
                {
                    yield return $"{field}.resources.{bag}[{name}]: fractional byte value {GoText.Quote(text)} is invalid, must be an integer";
                }
            }
        }

        // A name given twice hides the first, unless the second is made of it.
        var earlier = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var i = 0;
        foreach (var variable in container.Each("env"))
        {
            var name = variable.Text("name") ?? "";
            if (earlier.ContainsKey(name) && !(variable.Text("value") ?? "").Contains($"$({name})", StringComparison.Ordinal))
            {
                yield return $"{field}.env[{i}]: hides previous definition of {GoText.Quote(name)}, which may be dropped when using apply";
            }

            earlier[name] = variable;
            i++;
        }
    }

    /// <summary>The same port twice, in one container or in two.</summary>
    private static IEnumerable<string> Ports(JsonObject spec, string field)
    {
        var seen = new List<(string Place, JsonObject Port, int Container)>();
        var i = 0;
        foreach (var container in spec.Each("containers"))
        {
            var j = 0;
            foreach (var port in container.Each("ports"))
            {
                var place = $"{field}.containers[{i}].ports[{j++}]";
                var twin = seen.FirstOrDefault(s => s.Port.Whole("containerPort") == port.Whole("containerPort") && s.Port.Text("protocol") == port.Text("protocol")
                    && (s.Port.Whole("hostPort") ?? 0) == (port.Whole("hostPort") ?? 0) && s.Port.Text("hostIP") == port.Text("hostIP"));
                if (twin.Port is not null && (twin.Container != i || string.IsNullOrEmpty(port.Text("name")) || twin.Port.Text("name") == port.Text("name") || string.IsNullOrEmpty(twin.Port.Text("name"))))
                {
                    yield return $"{place}: duplicate port definition with {twin.Place}";
                }
                else
                {
                    seen.Add((place, port, i));
                }
            }

            i++;
        }
    }
}

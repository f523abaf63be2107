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

    private static readonly (string Name, string Words)[] Plugins =
    [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
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
            foreach (var (name, words) in Plugins.Where(p => volume[p.Name] is not null))
            {
                yield return $"{at}.{name}: {words}";
            }
        }

        i = 0;
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        foreach (var ip in spec.Each("hostAliases").Select(a => a.Text("ip") ?? ""))
        {
            if (!addresses.Add(ip))
            {
                yield return $"{field}.hostAliases[{i}].ip: duplicate ip {GoText.Quote(ip)}";
            }

            i++;
        }

        i = 0;
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in spec.Each("imagePullSecrets").Select(n => n.Text("name") ?? ""))
        {
            if (!secrets.Add(name))
            {
                yield return $"{field}.imagePullSecrets[{i}].name: duplicate name {GoText.Quote(name)}";
            }

            i++;
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
        var earlier = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var variable in container.Each("env"))
        {
            var (name, value) = (variable.Text("name") ?? "", variable.Text("value") ?? "");
            var reference = $"$({name})";
            if (!earlier.Add(name) && (variable["valueFrom"] is not null || value == reference || !value.Contains(reference, StringComparison.Ordinal)))
            {
                yield return $"{field}.env[{i}]: hides previous definition of {GoText.Quote(name)}, which may be dropped when using apply";
            }

            i++;
        }
    }

    /// <summary>The same port twice, in one container or in two.</summary>
    private static IEnumerable<string> Ports(JsonObject spec, string field)
    {
        var seen = new List<(string Place, JsonObject Port)>();
        foreach (var list in (string[])["initContainers", "containers"])
        {
            var i = 0;
            foreach (var container in spec.Each(list))
            {
                var j = 0;
                foreach (var port in container.Each("ports"))
                {
                    var place = $"{field}.{list}[{i}].ports[{j++}]";
                    foreach (var (other, twin) in seen.Where(s => s.Port.Whole("containerPort") == port.Whole("containerPort") && s.Port.Text("protocol") == port.Text("protocol")))
                    {
                        if (Clash(port, twin) is { } kind)
                        {
                            yield return $"{place}: {kind} port definition with {other}";
                        }
                    }

                    seen.Add((place, port));
                }

                i++;
            }
        }
    }

    private static string? Clash(JsonObject port, JsonObject other)
    {
        var (host, otherHost) = (port.Whole("hostPort") ?? 0, other.Whole("hostPort") ?? 0);
        var (ip, otherIp) = (port.Text("hostIP") ?? "", other.Text("hostIP") ?? "");
        return host == otherHost && ip == otherIp ? "duplicate"
            : host == 0 || otherHost == 0 ? "overlapping"
            : host == otherHost && ip.Length == 0 != (otherIp.Length == 0) ? "dangerously ambiguous"
            : null;
    }
}

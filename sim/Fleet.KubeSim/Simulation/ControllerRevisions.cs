using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>The history of a StatefulSet's or DaemonSet's template, one ControllerRevision for each.</summary>
internal sealed class ControllerRevisions(ControllerContext context, string hashLabel)
{
    /// <summary>Has the newest revision be the present template's: a new one, or an old one that comes back with a new number.</summary>
    public string Record(string ns, JsonObject set)
    {
        var hash = PodTemplates.Hash(set.Map("spec").Map("template"));
        var name = $"{set.Map("metadata").Text("name")}-{hash}";
        var known = Owned(ns, set);
        var newest = known.Select(Number).DefaultIfEmpty(0).Max();
        if (known.FirstOrDefault(r => r.Name == name) is not { } found)
        {
            Create(ns, set, name, hash, newest + 1);
        }
        else if (Number(found) < newest)
        {
            context.Change(KnownKinds.ControllerRevisions, ns, name, live => live["revision"] = newest + 1);
        }

        return hash;
    }

    /// <summary>Removes the oldest revisions beyond the set's limit, but none that a pod or the status still names.</summary>
    public void Truncate(string ns, JsonObject set, IEnumerable<string> live)
    {
        var kept = live.ToHashSet(StringComparer.Ordinal);
        var old = Owned(ns, set).Where(r => !kept.Contains(r.Name)).OrderBy(Number).ToArray();
        var limit = (int)(set.Map("spec").Whole("revisionHistoryLimit") ?? 10);
        foreach (var revision in old.Take(Math.Max(old.Length - limit, 0)))
        {
            context.Delete(KnownKinds.ControllerRevisions, ns, revision.Name);
        }
    }

    private StoredObject[] Owned(string ns, JsonObject set) =>
        [.. context.Owned(KnownKinds.ControllerRevisions, ns, set.Map("metadata").Text("uid")!).Where(r => !r.Terminating)];

    private static long Number(StoredObject revision) => revision.ToJson().Whole("revision") ?? 0;

    private void Create(string ns, JsonObject set, string name, string hash, long number)
    {
        var template = (JsonObject)set.Map("spec").Map("template")!.DeepClone();
        template["$patch"] = "replace";
        var labels = (JsonObject?)template.Map("metadata").Map("labels")?.DeepClone() ?? [];
        labels[hashLabel] = hash;
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["labels"] = labels,
            ["ownerReferences"] = new JsonArray(PodTemplates.Owner(set)),
        };
        if (set.Map("metadata").Map("annotations") is { Count: > 0 } annotations)
        {
            metadata["annotations"] = annotations.DeepClone();
        }

        context.Create(KnownKinds.ControllerRevisions, ns, new JsonObject
        {
            ["metadata"] = metadata,
            ["data"] = new JsonObject { ["spec"] = new JsonObject { ["template"] = template } },
            ["revision"] = number,
        });
    }
}

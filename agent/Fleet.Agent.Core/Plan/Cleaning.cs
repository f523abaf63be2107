using System.Text;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>
/// Makes a manifest fit to be applied: what the server makes is taken out (an apply with managedFields is refused, one with
/// a resourceVersion goes stale, one with a status would own it), and what the server would rewrite is written as it stores it.
/// </summary>
public static class Cleaning
{
    private static readonly string[] ServerMade = ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];

    /// <summary>Changes the manifest in place and returns a note on each thing that somebody may miss.</summary>
    public static IReadOnlyList<string> Clean(JsonObject manifest)
    {
        var notes = new List<string>();
        if (manifest.Map("metadata") is { } metadata)
        {
            var taken = ServerMade.Where(metadata.ContainsKey).ToList();
            foreach (var field in taken) metadata.Remove(field);
            // A null creationTimestamp is what code generators leave behind; nobody meant it.
            taken.Remove("creationTimestamp");
            if (taken.Count > 0) notes.Add($"metadata.{string.Join(", metadata.", taken)}: made by the server, left out");
            RemoveNull(metadata, "labels");
            RemoveNull(metadata, "annotations");
        }
        if (manifest.ContainsKey("status"))
        {
            var meant = manifest["status"] is JsonObject { Count: > 0 } status && !(manifest.Text("kind") == "CustomResourceDefinition" && IsEmptyCrdStatus(status));
            manifest.Remove("status");
            if (meant) notes.Add("status: made by the server, left out");
        }
        var group = GroupVersionKind.Of(manifest.Text("apiVersion") ?? "", "").Group;
        switch (group, manifest.Text("kind"))
        {
            case ("", "Secret"):
                FoldStringData(manifest);
                break;
            case ("", "Service"):
                Ports(manifest.Map("spec").List("ports"), "port");
                break;
            case ("rbac.authorization.k8s.io", "ClusterRole") when manifest.ContainsKey("aggregationRule") && manifest.ContainsKey("rules"):
                if (manifest["rules"] is JsonArray { Count: > 0 }) notes.Add("rules: left out, since aggregationRule fills them");
                manifest.Remove("rules");
                break;
        }
        foreach (var pod in PodSpecs(group, manifest))
        {
            foreach (var list in (string[])["containers", "initContainers"])
            {
                foreach (var container in pod.List(list).Objects()) Ports(container.List("ports"), "containerPort");
            }
        }
        return notes;
    }

    /// <summary>
    /// A port's protocol is part of its key in the list: left to the server's default, an apply of two ports with one number
    /// is ambiguous. And nodePort 0 means "choose one": kept, each apply would ask for another.
    /// </summary>
    private static void Ports(JsonArray? ports, string key)
    {
        foreach (var port in ports.Objects())
        {
            if (port.ContainsKey(key) && port["protocol"] is null) port["protocol"] = "TCP";
            if (port.Number("nodePort") == 0) port.Remove("nodePort");
        }
    }

    /// <summary>The server folds stringData into data and forgets it, so that as ours it could neither drift nor be removed.</summary>
    private static void FoldStringData(JsonObject secret)
    {
        if (secret["stringData"] is not JsonObject plain)
        {
            RemoveNull(secret, "stringData");
            return;
        }
        if (secret["data"] is not JsonObject data) secret["data"] = data = [];
        foreach (var (key, value) in plain)
        {
            // What is no string stays, so that the server names it in its own words.
            if (value is null) data[key] = "";
            else if (value.AsText() is { } text) data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
            else return;
        }
        secret.Remove("stringData");
    }

    private static IEnumerable<JsonObject> PodSpecs(string group, JsonObject manifest)
    {
        JsonNode? spec = manifest.Map("spec");
        var pod = (group, manifest.Text("kind")) switch
        {
            ("", "Pod") => spec,
            ("", "ReplicationController") or ("apps", "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet") or ("batch", "Job") => spec.At("template", "spec"),
            ("batch", "CronJob") => spec.At("jobTemplate", "spec").At("template", "spec"),
            _ => null,
        };
        return pod is JsonObject o ? [o] : [];
    }

    private static bool IsEmptyCrdStatus(JsonObject status) => status.All(p => p.Value is null or JsonArray { Count: 0 } or JsonObject
        || p.Value.AsText() == "");

    private static void RemoveNull(JsonObject map, string key)
    {
        if (map.TryGetPropertyValue(key, out var value) && value is null) map.Remove(key);
    }
}

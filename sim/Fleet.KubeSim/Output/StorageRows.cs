using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What tables show of volumes and their drivers.</summary>
internal static class StorageRows
{
    private const string Group = "storage.k8s.io";

    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey("", "persistentvolumeclaims"), (o, now) =>
        [
            Cell.Name(o), Phase(o), Cell.Text(o, "spec", "volumeName"), IsBound(o) ? Cell.TextOr("0", o, "status", "capacity", "storage") : "",
            IsBound(o) ? AccessModes(Cell.List(o, "status", "accessModes")) : "", Class(o), Cell.TextOr("<unset>", o, "spec", "volumeAttributesClassName"),
            Cell.Age(o, now), Cell.TextOr("<unset>", o, "spec", "volumeMode"),
        ]),
        new(new ResourceKey("", "persistentvolumes"), (o, now) =>
        [
            Cell.Name(o), Cell.TextOr("0", o, "spec", "capacity", "storage"), AccessModes(Cell.List(o, "spec", "accessModes")),
            Cell.Text(o, "spec", "persistentVolumeReclaimPolicy"), Phase(o), Claim(o), Class(o), Cell.TextOr("<unset>", o, "spec", "volumeAttributesClassName"),
            Cell.Text(o, "status", "reason"), Cell.Age(o, now), Cell.TextOr("<unset>", o, "spec", "volumeMode"),
        ]),
        new(new ResourceKey(Group, "storageclasses"), (o, now) =>
        [
            DefaultName(o, "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"), Cell.Text(o, "provisioner"),
            Cell.TextOr("Delete", o, "reclaimPolicy"), Cell.TextOr("Immediate", o, "volumeBindingMode"), Cell.Flag(o, "allowVolumeExpansion"), Cell.Age(o, now),
        ]),
        new(new ResourceKey(Group, "volumeattributesclasses"), (o, now) =>
            [DefaultName(o, "volumeattributesclass.kubernetes.io/is-default-class"), Cell.Text(o, "driverName"), Cell.Age(o, now)]),
        new(new ResourceKey(Group, "volumeattachments"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "spec", "attacher"), Cell.Text(o, "spec", "source", "persistentVolumeName"), Cell.Text(o, "spec", "nodeName"),
            Cell.Flag(o, "status", "attached"), Cell.Age(o, now),
        ]),
        new(new ResourceKey(Group, "csinodes"), (o, now) => [Cell.Name(o), Cell.List(o, "spec", "drivers").Count, Cell.Age(o, now)]),
        new(new ResourceKey(Group, "csidrivers"), (o, now) =>
        [
            Cell.Name(o), o.Map("spec")?["attachRequired"] is null || Cell.Flag(o, "spec", "attachRequired"), Cell.Flag(o, "spec", "podInfoOnMount"),
            Cell.Flag(o, "spec", "storageCapacity"), Tokens(o), Cell.Flag(o, "spec", "requiresRepublish"),
            Cell.Joined(Cell.List(o, "spec", "volumeLifecycleModes")) is { Length: > 0 } modes ? modes : "<none>", Cell.Age(o, now),
        ]),
        new(new ResourceKey(Group, "csistoragecapacities"), (o, _) => [Cell.Name(o), Cell.Text(o, "storageClassName"), Cell.TextOr("<unset>", o, "capacity")]),
    ];

    private static string Phase(JsonObject item) => Cell.IsTerminating(item) ? "Terminating" : Cell.Text(item, "status", "phase");

    private static bool IsBound(JsonObject claim) => Cell.Text(claim, "spec", "volumeName").Length > 0;

    /// <summary>The annotation of old goes before the field.</summary>
    private static string Class(JsonObject item) => Cell.TextOr(Cell.Text(item, "spec", "storageClassName"), item, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class");

    private static string AccessModes(JsonArray modes) =>
        string.Join(",", ((string[])["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"])
            .Zip((string[])["RWO", "ROX", "RWX", "RWOP"])
            .Where(m => modes.Any(given => Json.TextOf(given) == m.First))
            .Select(m => m.Second));

    private static string Claim(JsonObject volume) =>
        Cell.Map(volume, "spec", "claimRef") is { } claim ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "";

    private static string DefaultName(JsonObject item, params ReadOnlySpan<string> annotations)
    {
        foreach (var annotation in annotations)
        {
            if (Cell.Text(item, "metadata", "annotations", annotation) == "true")
            {
                return $"{Cell.Name(item)} (default)";
            }
        }

        return Cell.Name(item);
    }

    private static string Tokens(JsonObject driver) =>
        string.Join(",", Cell.List(driver, "spec", "tokenRequests").OfType<JsonObject>().Select(t => t.Text("audience"))) is { Length: > 0 } audiences ? audiences : "<unset>";
}

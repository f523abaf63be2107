using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>Cells of claims, volumes and storage classes.</summary>
internal static class StorageColumns
{
    public static string ClaimStatus(JsonObject claim) =>
        claim.Map("metadata")!.ContainsKey("deletionTimestamp") ? "Terminating" : claim.Map("status").Text("phase") ?? "";

    public static string Capacity(JsonObject claim) =>
        claim.Map("spec").Text("volumeName") is { Length: > 0 } ? claim.Map("status").Map("capacity").Text("storage") ?? "" : "";

    public static string AccessModes(JsonObject? holder) =>
        string.Join(",", (holder.List("accessModes") ?? []).Select(m => Json.TextOf(m) switch
        {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            var other => other,
        }));

    public static string Claim(JsonObject volume) =>
        volume.Map("spec").Map("claimRef") is { } claim ? $"{claim.Text("namespace")}/{claim.Text("name")}" : "";

    public static string ClassName(JsonObject storageClass) =>
        storageClass.Map("metadata").Map("annotations").Text("storageclass.kubernetes.io/is-default-class") == "true"
            ? $"{storageClass.Map("metadata").Text("name")} (default)"
            : storageClass.Map("metadata").Text("name") ?? "";
}

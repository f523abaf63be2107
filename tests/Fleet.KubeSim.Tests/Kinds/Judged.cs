using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>What a built-in kind says of a manifest: its errors, one text each.</summary>
internal static class Judged
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static string[] Create(string yaml) => Create(Read(yaml), out _);

    public static string[] Create(JsonObject manifest, out JsonObject item)
    {
        var kind = Kind(manifest);
        item = Decode(kind, manifest);
        kind.PrepareForCreate(item, Now);
        return Texts(kind.ValidateCreate(item));
    }

    public static string[] Update(string before, string after)
    {
        var kind = Kind(Read(before));
        var problems = Create(Read(before), out var old);
        Assert.Empty(problems);
        var item = Decode(kind, Read(after));
        kind.PrepareForUpdate(item, old, "", Now);
        return Texts(kind.ValidateUpdate(item, old, ""));
    }

    public static string[] Warnings(string yaml)
    {
        var manifest = Read(yaml);
        Assert.Empty(Create(manifest, out var item));
        return [.. Kind(manifest).Warnings(item, null)];
    }

    public static JsonObject Read(string yaml) => (JsonObject)YamlText.Parse(yaml).Root!;

    private static KindDefinition Kind(JsonObject manifest)
    {
        var version = manifest.Text("apiVersion")!;
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        return BuiltInKinds.Find(slash < 0 ? "" : version[..slash], version[(slash + 1)..], manifest.Text("kind")!)!;
    }

    private static JsonObject Decode(KindDefinition kind, JsonObject manifest)
    {
        var report = new DecodeReport();
        var item = kind.Decode(manifest, report);
        Assert.Null(report.TypeError);
        var metadata = item.MapOrNew("metadata");
        metadata["uid"] = "5f7c1f1e-0000-4000-8000-000000000001";
        if (kind.Namespaced)
        {
            metadata["namespace"] = "default";
        }

        return item;
    }

    private static string[] Texts(IReadOnlyList<FieldError> errors) => [.. errors.Select(e => $"{e.Field}: {e.Message}").Distinct(StringComparer.Ordinal)];
}

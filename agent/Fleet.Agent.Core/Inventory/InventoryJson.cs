using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Core.Drift;

namespace Fleet.Agent.Core.Inventory;

/// <summary>The stored form of an Inventory: JSON with short names, a version, and what is default left out.</summary>
public static class InventoryJson
{
    /// <summary>Raised when an older agent could not read what a newer one writes.</summary>
    public const int Version = 1;

    public static byte[] Write(InventoryState state) => JsonSerializer.SerializeToUtf8Bytes(
        new InventoryForm
        {
            Version = Version,
            AssignmentUid = state.AssignmentUid,
            Actor = state.Actor is { } a ? new() { ServiceAccount = a.ServiceAccount, Assignment = a.Assignment, SourceName = a.SourceName, SourceUrl = a.SourceUrl } : null,
            AdoptsAlways = state.AdoptsAlways,
            Entries = [.. state.Entries.OrderBy(e => e.Key).Select(ToForm)],
        }, InventoryContext.Default.InventoryForm);

    /// <exception cref="InventoryFormatException">It is of a newer version, or damaged. It is never taken for an empty one: that would orphan or prune.</exception>
    public static InventoryState Read(ReadOnlySpan<byte> utf8)
    {
        InventoryForm? form;
        try
        {
            form = JsonSerializer.Deserialize(utf8, InventoryContext.Default.InventoryForm);
        }
        catch (JsonException e)
        {
            throw new InventoryFormatException($"the inventory cannot be read: {e.Message}");
        }
        if (form is null) throw new InventoryFormatException("the inventory is null");
        if (form.Version != Version) throw new InventoryFormatException($"the inventory has version {form.Version}, this agent reads {Version}: run the agent that wrote it, or a newer one");
        var state = InventoryState.Of(form.AssignmentUid, form.Entries.Select(FromForm)).Adopting(form.AdoptsAlways);
        return form.Actor is { } a ? state.ActedOnBy(new(a.ServiceAccount, a.Assignment, a.SourceName, a.SourceUrl)) : state;
    }

    private static EntryForm ToForm(InventoryEntry e) => new()
    {
        Group = e.Key.Group,
        Kind = e.Key.Kind,
        Namespace = e.Key.Namespace,
        Name = e.Key.Name,
        ApiVersion = e.ApiVersion,
        Uid = e.Uid,
        RenderedHash = e.RenderedHash,
        ValuesHash = e.ValuesHash,
        Fields = e.Fields.IsNone ? null : JsonSerializer.Deserialize(e.Fields.Utf8.Span, InventoryContext.Default.JsonElement),
        JobDone = e.JobDone,
        Adopted = e.Adopted,
        PruneNever = e.PruneNever,
        Replacing = e.Replacing,
    };

    private static InventoryEntry FromForm(EntryForm f) => new()
    {
        Key = new(f.Group, f.Kind, f.Namespace, f.Name),
        ApiVersion = f.ApiVersion,
        Uid = f.Uid,
        RenderedHash = f.RenderedHash,
        ValuesHash = f.ValuesHash,
        Fields = f.Fields is { } fields ? OwnedFields.Of(fields) : OwnedFields.None,
        JobDone = f.JobDone,
        Adopted = f.Adopted,
        PruneNever = f.PruneNever,
        Replacing = f.Replacing,
    };
}

/// <summary>A stored Inventory cannot be used.</summary>
public sealed class InventoryFormatException(string message) : Exception(message);

internal sealed class InventoryForm
{
    [JsonPropertyName("v")] public int Version { get; set; }
    [JsonPropertyName("a")] public string AssignmentUid { get; set; } = "";
    [JsonPropertyName("as")] public ActorForm? Actor { get; set; }
    [JsonPropertyName("aa")] public bool AdoptsAlways { get; set; }
    [JsonPropertyName("e")] public List<EntryForm> Entries { get; set; } = [];
}

internal sealed class ActorForm
{
    [JsonPropertyName("sa")] public string ServiceAccount { get; set; } = "";
    [JsonPropertyName("n")] public string Assignment { get; set; } = "";
    [JsonPropertyName("sn")] public string SourceName { get; set; } = "";
    [JsonPropertyName("su")] public string SourceUrl { get; set; } = "";
}

internal sealed class EntryForm
{
    [JsonPropertyName("g")] public string Group { get; set; } = "";
    [JsonPropertyName("k")] public string Kind { get; set; } = "";
    [JsonPropertyName("ns")] public string Namespace { get; set; } = "";
    [JsonPropertyName("n")] public string Name { get; set; } = "";
    [JsonPropertyName("av")] public string ApiVersion { get; set; } = "";
    [JsonPropertyName("u")] public string Uid { get; set; } = "";
    [JsonPropertyName("h")] public string RenderedHash { get; set; } = "";
    [JsonPropertyName("vh")] public string ValuesHash { get; set; } = "";
    [JsonPropertyName("f")] public JsonElement? Fields { get; set; }
    [JsonPropertyName("jd")] public bool JobDone { get; set; }
    [JsonPropertyName("ad")] public bool Adopted { get; set; }
    [JsonPropertyName("pn")] public bool PruneNever { get; set; }
    [JsonPropertyName("rp")] public string Replacing { get; set; } = "";
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(InventoryForm))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class InventoryContext : JsonSerializerContext;

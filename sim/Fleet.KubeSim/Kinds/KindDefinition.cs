using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>A kind of a group and version: how it is served, and the rules its objects follow. Immutable and shared.</summary>
public abstract class KindDefinition
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required string ListKind { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public required bool Namespaced { get; init; }

    /// <summary>status, scale, …</summary>
    public IReadOnlyList<string> Subresources { get; init; } = [];

    public bool HasStatus => Subresources.Contains("status");

    /// <summary>Such as apps/v1, and v1 for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Such as Deployment.apps, and ConfigMap for the core group: how errors name a kind.</summary>
    public string GroupKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    public abstract bool IsCustom { get; }

    /// <summary>The type of the objects, as ownership and apply see it.</summary>
    public abstract TypeSchema Schema { get; }

    /// <summary>The empty object that a create starts from, as ownership sees it; a new one each time.</summary>
    public abstract JsonObject Zero();

    /// <summary>
    /// An object as the server keeps it: decoded (built-in kinds) or pruned (custom resources), with defaults.
    /// The argument is not changed. Unknown fields and wrong types are in the report.
    /// </summary>
    public abstract JsonObject Decode(JsonObject sent, DecodeReport report);

    /// <summary>After ownership is tracked, before validation of a create: what the server sets or drops.</summary>
    public abstract void PrepareForCreate(JsonObject item, DateTimeOffset now);

    /// <summary>After ownership is tracked, before validation of an update (subresource "" or status).</summary>
    public abstract void PrepareForUpdate(JsonObject item, JsonObject old, string subresource, DateTimeOffset now);

    public abstract IReadOnlyList<FieldError> ValidateCreate(JsonObject item);

    public abstract IReadOnlyList<FieldError> ValidateUpdate(JsonObject item, JsonObject old, string subresource);

    /// <summary>Whether an update (subresource "" or status) makes the generation rise by one.</summary>
    public abstract bool RaisesGeneration(JsonObject item, JsonObject old);

    /// <summary>Whether objects of the kind have a generation, 1 from the start.</summary>
    public abstract bool HasGeneration { get; }

    /// <summary>Fields that a write resets and so never owns; null when none.</summary>
    public abstract FieldSet? Resets(string subresource);

    /// <summary>The type in another version of the kind; null when there is no such version.</summary>
    protected abstract TypeSchema? SchemaOf(string apiVersion);

    /// <summary>Warnings that the server sends along with a write which it accepts.</summary>
    public virtual IEnumerable<string> Warnings(JsonObject item, JsonObject? old) => [];

    /// <summary>What ManagedFields needs to know of a write of this kind.</summary>
    public FieldWrite Write(string manager, string subresource, DateTimeOffset now) =>
        new(Schema, manager, ApiVersion, subresource, now)
        {
            Reset = Resets(subresource),
            Zero = Zero(),
            Complete = Decode,
            SchemaOf = SchemaOf,
        };
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>
/// What is particular to a kind: defaults, what a write may not touch, validation. Objects are canonical
/// (decoded); methods change them in place. The base class is a kind without peculiarities.
/// </summary>
public class KindRules
{
    private static readonly FieldSet Status = FieldSet.Of(FieldPath.Of("status"));
    private static readonly FieldSet Spec = FieldSet.Of(FieldPath.Of("spec"));

    /// <summary>Whether names are labels (no dots) or start with a letter, where the kind is stricter than a subdomain.</summary>
    public virtual TextRule NameRule => Names.Subdomain;

    /// <summary>Whether an update looks at the whole metadata again, or at its change alone.</summary>
    public virtual bool ChecksMetadataOnUpdate => true;

    /// <summary>Whether finalizers need a domain, as for the kinds of the core server; those of its extensions take any name.</summary>
    public virtual bool ChecksFinalizerDomains => true;

    /// <summary>Whether the server keeps a generation for the kind, which rises when the spec changes.</summary>
    public virtual bool HasGeneration => false;

    /// <summary>Fills in what the real server fills in.</summary>
    public virtual void Default(JsonObject item)
    {
    }

    /// <summary>After defaults and tracking, before validation of a create.</summary>
    public virtual void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        if (hasStatus)
        {
            item.Remove("status");
        }
    }

    /// <summary>After defaults and tracking, before validation of an update of the object itself.</summary>
    public virtual void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        if (hasStatus)
        {
            Keep(item, old, "status");
        }
    }

    /// <summary>Before validation of a write to /status: all but the status (and metadata) is kept.</summary>
    public virtual void PrepareForStatusUpdate(JsonObject item, JsonObject old, DateTimeOffset now) => Keep(item, old, "spec");

    /// <summary>What a write never owns, since it resets it.</summary>
    public virtual FieldSet? Resets(string subresource, bool hasStatus) => subresource switch
    {
        "" => hasStatus ? Status : null,
        "status" => Spec,
        _ => null,
    };

    public virtual bool RaisesGeneration(JsonObject item, JsonObject old) =>
        HasGeneration && !Json.Equal(item["spec"], old["spec"]);

    /// <summary>Validates a create (old is null) or an update of the object itself.</summary>
    public virtual void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
    }

    public virtual void ValidateStatus(JsonObject item, JsonObject old, Findings errors)
    {
    }

    /// <summary>Warnings that the server sends along with a write.</summary>
    public virtual IEnumerable<string> Warnings(JsonObject item, JsonObject? old) => [];

    protected static void Keep(JsonObject item, JsonObject old, string field)
    {
        if (old.TryGetPropertyValue(field, out var kept))
        {
            item[field] = kept?.DeepClone();
        }
        else
        {
            item.Remove(field);
        }
    }
}

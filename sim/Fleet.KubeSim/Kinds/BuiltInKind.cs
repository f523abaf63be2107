using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>A kind that the server has by itself: its type is in the table, its rules are code.</summary>
public sealed class BuiltInKind : KindDefinition
{
    private readonly Lazy<TypeSchema> _schema;
    private readonly Lazy<JsonObject> _zero;
    private readonly KindRules _rules;

    internal BuiltInKind(string typeName, KindRules rules)
    {
        _rules = rules;
        _schema = new Lazy<TypeSchema>(() => TypeTable.Type(typeName));
        _zero = new Lazy<JsonObject>(() =>
        {
            var zero = GoDecoder.Zero(Schema);
            zero["apiVersion"] = ApiVersion;
            zero["kind"] = Kind;
            return zero;
        });
    }

    public override bool IsCustom => false;

    public override TypeSchema Schema => _schema.Value;

    public override bool HasGeneration => _rules.HasGeneration;

    public override JsonObject Zero() => (JsonObject)_zero.Value.DeepClone();

    public override JsonObject Decode(JsonObject sent, DecodeReport report)
    {
        var item = GoDecoder.Decode(Schema, sent, report);
        item["apiVersion"] = ApiVersion;
        item["kind"] = Kind;
        if (report.TypeError is null)
        {
            _rules.Default(item);
        }

        return (JsonObject)DeclaredOrder.Of(Schema, item);
    }

    public override void PrepareForCreate(JsonObject item, DateTimeOffset now)
    {
        _rules.PrepareForCreate(item, HasStatus, now);
        Restore(item);
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, string subresource, DateTimeOffset now)
    {
        if (subresource == "status")
        {
            _rules.PrepareForStatusUpdate(item, old, now);
        }
        else
        {
            _rules.PrepareForUpdate(item, old, HasStatus);
        }

        Restore(item);
    }

    public override IReadOnlyList<FieldError> ValidateCreate(JsonObject item)
    {
        var errors = new Findings();
        Metadata.Validate(item, Namespaced, _rules.NameRule, errors);
        CheckFinalizers(item, errors);
        _rules.Validate(item, null, errors);
        return errors.Errors;
    }

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject item, JsonObject old, string subresource)
    {
        // Twice, as the server: what holds for all kinds, and again with what is the kind's; each error counts as a cause.
        var errors = new Findings();
        Metadata.Validate(item, Namespaced, Names.PathSegment, errors);
        Metadata.ValidateUpdate(item, old, errors);
        Metadata.ValidateUpdate(item, old, errors);
        CheckFinalizers(item, errors);
        if (subresource == "status")
        {
            _rules.ValidateStatus(item, old, errors);
        }
        else
        {
            if (_rules.ChecksMetadataOnUpdate)
            {
                Metadata.Validate(item, Namespaced, _rules.NameRule, errors);
                CheckFinalizers(item, errors);
            }

            _rules.Validate(item, old, errors);
        }

        return errors.Errors;
    }

    private void CheckFinalizers(JsonObject item, Findings errors)
    {
        if (_rules.ChecksFinalizerDomains)
        {
            Metadata.KubeFinalizers(item, errors);
        }
    }

    public override bool RaisesGeneration(JsonObject item, JsonObject old) => _rules.RaisesGeneration(item, old);

    public override FieldSet? Resets(string subresource) => _rules.Resets(subresource, HasStatus);

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) => _rules.Warnings(item, old);

    protected override TypeSchema? SchemaOf(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return BuiltInKinds.Find(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], Kind)?.Schema;
    }

    /// <summary>A dropped status comes back as the zero value where the type writes it always.</summary>
    private void Restore(JsonObject item)
    {
        foreach (var (name, zero) in _zero.Value)
        {
            if (!item.ContainsKey(name))
            {
                item[name] = zero?.DeepClone();
            }
        }
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Collects the errors of one validation.</summary>
public sealed class Findings
{
    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> Errors => _errors;

    public void Add(FieldError error) => _errors.Add(error);

    public void Required(string field, string detail = "") => Add(FieldError.Required(field, detail));

    public void Invalid(string field, JsonNode? value, string detail) => Add(FieldError.Invalid(field, value, detail));

    public void Forbidden(string field, string detail) => Add(FieldError.Forbidden(field, detail));

    /// <summary>Adds an error when a rule (which gives why not, or null) rejects the text.</summary>
    public void Check(string field, string value, Func<string, string?> rule)
    {
        if (rule(value) is { } why)
        {
            Add(FieldError.Invalid(field, value, why));
        }
    }

    public void Unchanged(string field, JsonNode? value, JsonNode? old, string detail = "field is immutable")
    {
        if (!Json.Equal(value, old))
        {
            Add(FieldError.Invalid(field, value, detail));
        }
    }

    public void NotNegative(string field, long? number)
    {
        if (number < 0)
        {
            Add(FieldError.Invalid(field, number, "must be greater than or equal to 0"));
        }
    }

    public void OneOf(string field, string value, params ReadOnlySpan<string> supported)
    {
        foreach (var one in supported)
        {
            if (one == value)
            {
                return;
            }
        }

        Add(FieldError.NotSupported(field, value, supported));
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Collects the errors of one validation.</summary>
public sealed class Findings
{
    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> Errors => _errors;

    public void Add(FieldError error) => _errors.Add(error);

    public void AddAll(Findings others) => _errors.AddRange(others._errors);

    public void Required(string field, string detail = "") => Add(FieldError.Required(field, detail));

    public void Invalid(string field, JsonNode? value, string detail) => Add(FieldError.Invalid(field, value, detail));

    public void Forbidden(string field, string detail) => Add(FieldError.Forbidden(field, detail));

    public void Duplicate(string field, JsonNode? value) => Add(FieldError.Duplicate(field, value));

    /// <summary>Adds an error for each reason that a rule gives against the text.</summary>
    public void Check(string field, string value, TextRule rule)
    {
        foreach (var why in rule(value))
        {
            Add(FieldError.Invalid(field, value, why));
        }
    }

    /// <summary>A text that must be there, and then fit a rule.</summary>
    public void Need(string field, string? value, TextRule? rule = null)
    {
        if (string.IsNullOrEmpty(value))
        {
            Required(field);
        }
        else if (rule is not null)
        {
            Check(field, value, rule);
        }
    }

    public void InRange(string field, long? number, long least, long most)
    {
        if (number is { } n && (n < least || n > most))
        {
            Add(FieldError.Invalid(field, n, $"must be between {least} and {most}, inclusive"));
        }
    }

    public void Port(string field, long? number) => InRange(field, number ?? 0, 1, 65535);

    /// <summary>A port's number, or the name of one.</summary>
    public void PortOrName(string field, JsonNode? value)
    {
        if (Json.TextOf(value) is { } name)
        {
            Check(field, name, Names.PortName);
        }
        else
        {
            Port(field, Json.TryWhole(value, out var number) ? number : 0);
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

    /// <summary>A text of a fixed list, which must be there.</summary>
    public void NeedOneOf(string field, string? value, params ReadOnlySpan<string> supported)
    {
        if (string.IsNullOrEmpty(value))
        {
            Required(field);
        }
        else
        {
            OneOf(field, value, supported);
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

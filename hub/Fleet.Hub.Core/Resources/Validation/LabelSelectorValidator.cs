using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>matchLabels and matchExpressions.</summary>
internal static class LabelSelectorValidator
{
    public static void Validate(string key, LabelSelector selector, Violations violations)
    {
        violations.CheckLabels(KeyPaths.Field(key, "matchLabels"), selector.MatchLabels);
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            Validate(KeyPaths.Item(KeyPaths.Field(key, "matchExpressions"), i), selector.MatchExpressions[i], violations);
        }
    }

    private static void Validate(string key, LabelSelectorRequirement requirement, Violations violations)
    {
        violations.Check(KeyPaths.Field(key, "key"), LabelSyntax.KeyProblem(requirement.Key));
        var operatorKey = KeyPaths.Field(key, "operator");
        if (requirement.Operator.Length == 0)
        {
            violations.Add(operatorKey, $"An operator is needed: write {Quoting.Choices(LabelSelectors.Operators)}.");
        }

        violations.CheckChoice(operatorKey, requirement.Operator, LabelSelectors.Operators);
        var valuesKey = KeyPaths.Field(key, "values");
        if (requirement.Operator is "In" or "NotIn" && requirement.Values.Count == 0)
        {
            violations.Add(valuesKey, $"{requirement.Operator} needs at least one value.");
        }
        else if (requirement.Operator is "Exists" or "DoesNotExist" && requirement.Values.Count > 0)
        {
            violations.Add(valuesKey, $"{requirement.Operator} takes no values: remove them, or write In or NotIn.");
        }

        for (var i = 0; i < requirement.Values.Count; i++)
        {
            violations.Check(KeyPaths.Item(valuesKey, i), LabelSyntax.ValueProblem(requirement.Values[i]));
        }
    }
}

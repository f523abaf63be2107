using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>ClusterGroup.</summary>
internal static class ClusterGroupValidator
{
    public static void Validate(ClusterGroup group, Violations violations)
    {
        var spec = group.Spec ?? new ClusterGroupSpec();
        if (spec.Selector is null && spec.Names.Count == 0)
        {
            violations.Add("spec", "The group selects nothing: write a selector, such as selector: {matchLabels: {env: prod}}, or names. An empty selector ({}) selects all clusters.");
        }

        if (spec.Selector is not null)
        {
            LabelSelectorValidator.Validate("spec.selector", spec.Selector, violations);
        }

        violations.CheckNames("spec.names", spec.Names);
    }
}

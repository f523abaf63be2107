namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>The suspension of a Cluster or an Assignment.</summary>
internal static class SuspensionValidator
{
    private const int MaxReason = 1_000;

    public static void Validate(bool suspend, bool hasEnd, string reason, Violations violations)
    {
        if (!suspend && hasEnd)
        {
            violations.Add("spec.suspendUntil", "There is an end without a suspension: write suspend: true beside it, or remove it.");
        }

        if (reason.Length > MaxReason)
        {
            violations.Add("spec.suspendReason", $"The reason has {reason.Length} characters; at most {MaxReason} are allowed.");
        }
    }
}

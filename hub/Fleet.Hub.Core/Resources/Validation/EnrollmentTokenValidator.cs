using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>EnrollmentToken.</summary>
internal static class EnrollmentTokenValidator
{
    private const int MaxUses = 10_000;

    public static void Validate(EnrollmentToken token, Violations violations)
    {
        var spec = token.Spec ?? new EnrollmentTokenSpec();
        violations.Check("spec.clusterNames", GlobProblem(spec.ClusterNames));
        violations.CheckLabels("spec.labels", spec.Labels);
        if (spec.Uses is < 0 or > MaxUses)
        {
            violations.Add("spec.uses", $"{spec.Uses} is out of range: write a number from 1 to {MaxUses}.");
        }

        violations.CheckDuration("spec.ttl", spec.Ttl, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        if (!spec.AutoApprove)
        {
            return;
        }

        // A clusterUid is what the cluster says of itself: only a token for one use and one name pins down who comes.
        if (spec.Uses > 1 || spec.ClusterNames.Length == 0 || Globs.HasWildcard(spec.ClusterNames))
        {
            violations.Add("spec.autoApprove", "autoApprove is only for a single use bound to one exact name: write uses: 1 and clusterNames without * and ?, or remove autoApprove.");
        }

        if (spec.RequireApproval)
        {
            violations.Add("spec.requireApproval", "autoApprove and requireApproval contradict each other: remove one.");
        }
    }

    private static string? GlobProblem(string glob) =>
        glob.Length <= Names.MaxLength && glob.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '*' or '?')
            ? null
            : $"{Quoting.Quote(glob)} matches no cluster name: use lower-case letters, digits, -, ., * and ?, at most {Names.MaxLength}.";
}

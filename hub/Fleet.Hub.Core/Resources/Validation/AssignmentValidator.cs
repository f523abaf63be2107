using System.Globalization;
using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>Assignment.</summary>
internal static class AssignmentValidator
{
    private static readonly string[] OnRemove = ["keep", "delete"];
    private static readonly string[] Adopt = ["always", "ifEqual", "never"];

    public static void Validate(Assignment assignment, Violations violations)
    {
        var spec = assignment.Spec ?? new AssignmentSpec();
        violations.Check("spec.source", spec.Source.Length == 0 ? "The name of a GitSource is needed." : Names.Problem(spec.Source));
        violations.Check("spec.ref", GitRefs.Problem(spec.Ref));
        violations.Check("spec.path", RepositoryPaths.FolderProblem(spec.Path));
        for (var i = 0; i < spec.ReadRoots.Count; i++)
        {
            violations.Check(KeyPaths.Item("spec.readRoots", i), RepositoryPaths.FolderProblem(spec.ReadRoots[i]));
        }

        if (spec.Groups.Count == 0)
        {
            violations.Add("spec.groups", "At least one ClusterGroup is needed: write its name, such as groups: [production].");
        }

        violations.CheckNames("spec.groups", spec.Groups);
        RenderValidator.Validate(spec.Render ?? new RenderSpec(), violations);
        DriftValidator.Validate(spec.Drift ?? new DriftSpec(), violations);
        violations.CheckChoice("spec.onRemove", spec.OnRemove, OnRemove);
        violations.CheckChoice("spec.adopt", spec.Adopt, Adopt);
        if (spec.ServiceAccount.Length > 0)
        {
            violations.Check("spec.serviceAccount", ServiceAccountProblem(spec.ServiceAccount));
        }

        SuspensionValidator.Validate(spec.Suspend, spec.SuspendUntil is not null, spec.SuspendReason, violations);
        violations.Check("spec.rollout.maxConcurrent", AmountProblem(spec.Rollout?.MaxConcurrent ?? ""));
    }

    private static string? ServiceAccountProblem(string account)
    {
        var parts = account.Split('/');
        return parts.Length == 2 && Names.IsLabel(parts[0]) && parts[1].Length <= 253 && parts[1].Split('.').All(Names.IsLabel)
            ? null
            : $"{Quoting.Quote(account)} is not a ServiceAccount: write NAMESPACE/NAME, such as team-a/deployer.";
    }

    private static string? AmountProblem(string amount)
    {
        if (amount.Length == 0)
        {
            return null;
        }

        var percent = amount.EndsWith('%');
        return int.TryParse(amount.AsSpan(0, amount.Length - (percent ? 1 : 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && (!percent || number <= 100)
            ? null
            : $"{Quoting.Quote(amount)} is not an amount: write a number of clusters such as 5, or a share such as 25%.";
    }
}

namespace Fleet.Agent.Core.Drift;

/// <summary>One field that we own and that is not as we applied it.</summary>
/// <param name="Path">Such as <c>.spec.template.spec.containers[name="web"].image</c>.</param>
/// <param name="Expected">What an apply would make of it, as JSON cut short; empty when it would be absent.</param>
/// <param name="Actual">What it is; empty when absent.</param>
/// <param name="Manager">The field manager that wrote it, from managedFields; empty when nobody owns it (it was removed).</param>
public sealed record DriftedField(string Path, string Expected, string Actual, string Manager);

/// <summary>The server's word on a suspicion: nothing (a new baseline), or the fields that drifted.</summary>
public sealed record DriftVerdict(IReadOnlyList<DriftedField> Fields, int NotShown)
{
    public static readonly DriftVerdict Equal = new([], 0);

    public bool IsDrift => Fields.Count > 0;

    /// <summary>Whoever wrote drifted fields, for "another controller keeps fighting".</summary>
    public IEnumerable<string> Managers => Fields.Select(f => f.Manager).Where(m => m.Length > 0).Distinct();
}

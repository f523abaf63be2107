using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Core.Reports;

namespace Fleet.Agent.Core.Tests.Reports;

public sealed class ReportFoldTests
{
    private static ObjectStanding Well(string name) => new(new("", "ConfigMap", "ns", name), $"{name}.yaml:1", ObjectHealth.Current);

    private static ObjectStanding Is(string name, HealthState state, string message = "") => Well(name) with { Health = new(state, message) };

    private static readonly ReportError Stalled = new(ErrorKind.Stalled, "Invalid", "bad manifest", Kube.Now.AddMinutes(1));
    private static readonly ReportError Waiting = new(ErrorKind.Waiting, "TooManyRequests", "slow down", Kube.Now.AddSeconds(5));
    private static readonly ReportError Transient = new(ErrorKind.Transient, "TimedOut", "no answer", Kube.Now.AddSeconds(1));

    public static TheoryData<string, ReportRequest, ReportPhase> Phases => new()
    {
        { "all well", new() { Step = WorkStep.Settled, Objects = [Well("a"), Well("b")] }, ReportPhase.Ready },
        { "suspended by its own spec", new() { Step = WorkStep.Settled, Objects = [Well("a"), Is("b", HealthState.Suspended)] }, ReportPhase.Ready },
        { "one on its way", new() { Step = WorkStep.Settled, Objects = [Well("a"), Is("b", HealthState.Progressing, "1 of 2")] }, ReportPhase.Progressing },
        { "one gone", new() { Step = WorkStep.Settled, Objects = [Is("b", HealthState.Missing)] }, ReportPhase.Progressing },
        { "one failed", new() { Step = WorkStep.Settled, Objects = [Is("a", HealthState.Progressing), Is("b", HealthState.Failed, "crash")] }, ReportPhase.Failed },
        { "the old manifest's failure", new() { Step = WorkStep.Applying, Objects = [Is("b", HealthState.Failed, "crash") with { IsApplied = false }] }, ReportPhase.Applying },
        { "one drifted", new() { Step = WorkStep.Settled, Objects = [Well("a") with { IsDrifted = true }] }, ReportPhase.Drifted },
        { "one stalled beside a failed one", new() { Step = WorkStep.Settled, Objects = [Is("a", HealthState.Failed), Well("b") with { Error = Stalled, IsApplied = false }] }, ReportPhase.Stalled },
        { "one waiting", new() { Step = WorkStep.Settled, Objects = [Well("b") with { Error = Waiting, IsApplied = false }] }, ReportPhase.Waiting },
        { "one retried", new() { Step = WorkStep.Settled, Objects = [Well("b") with { Error = Transient, IsApplied = false }] }, ReportPhase.Applying },
        { "render error", new() { Step = WorkStep.Rendering, Error = Stalled }, ReportPhase.Stalled },
        { "rendering", new() { Step = WorkStep.Rendering }, ReportPhase.Rendering },
        { "pending", new() { Step = WorkStep.Pending }, ReportPhase.Pending },
        { "applying", new() { Step = WorkStep.Applying, Objects = [Well("a") with { IsApplied = false }] }, ReportPhase.Applying },
        { "conflict", new() { Step = WorkStep.Settled, Objects = [Well("a")], Conflicts = [new(new("", "ConfigMap", "ns", "x"), "theirs", "mine")] }, ReportPhase.Conflicted },
        { "suspended", new() { Step = WorkStep.Suspended, Objects = [Is("a", HealthState.Failed)] }, ReportPhase.Suspended },
        { "orphaned", new() { Step = WorkStep.Orphaned, Objects = [Well("a")] }, ReportPhase.Orphaned },
        { "removing", new() { Step = WorkStep.Removing, Objects = [Is("a", HealthState.Terminating)] }, ReportPhase.Removing },
        { "nothing in the path", new() { Step = WorkStep.Settled, IsEmpty = true }, ReportPhase.Stalled },
    };

    [Theory]
    [MemberData(nameof(Phases))]
    public void Fold_Standings_GiveOnePhase(string what, ReportRequest request, ReportPhase phase)
    {
        var report = ReportFold.Fold(request);
        Assert.True(phase == report.Phase, $"{what}: {report.Phase}");
        if (phase is not (ReportPhase.Pending or ReportPhase.Rendering)) Assert.NotEmpty(report.Message);
    }

    [Fact]
    public void Fold_Counts_AddUp()
    {
        var report = ReportFold.Fold(new()
        {
            Step = WorkStep.Settled,
            Objects = [Well("a"), Is("b", HealthState.Progressing), Is("c", HealthState.Failed), Well("d") with { IsDrifted = true }, Well("e") with { IsApplied = false }],
            Pruned = 2,
            Kept = [new(new InventoryEntry { Key = new("", "Namespace", "", "n"), ApiVersion = "v1" }, KeepReason.ProtectedKind, "held", true)],
        });
        Assert.Equal(new(5, 1, 1, 1, 1, 2, 1), report.Counts);
        var hold = Assert.Single(report.Holds);
        Assert.Equal(("ProtectedKind", 1), (hold.Reason, hold.Count));
        Assert.Equal(["Namespace n"], hold.Items);
    }

    [Fact]
    public void Fold_NotWell_IsBoundedAndTheWorstComeFirst()
    {
        var report = ReportFold.Fold(new()
        {
            Step = WorkStep.Settled,
            Objects = [.. Enumerable.Range(0, 80).Select(i => Is($"p{i:00}", HealthState.Progressing, new string('x', 900))), Is("z", HealthState.Failed, "crash"), Well("y") with { Error = Stalled, IsApplied = false }],
        });
        Assert.Equal(50, report.Resources.Count);
        Assert.Equal(["y", "z", "p00"], report.Resources.Take(3).Select(r => r.Key.Name));
        Assert.Equal(("NotApplied", "bad manifest", "y.yaml:1"), (report.Resources[0].Health, report.Resources[0].Message, report.Resources[0].Source));
        Assert.All(report.Resources, r => Assert.True(r.Message.Length <= 501));
    }

    [Fact]
    public void Fold_Errors_TheWorstKindAndTheEarliestTime()
    {
        var late = Transient with { NextTry = Kube.Now.AddHours(1) };
        Assert.Equal(Transient, ReportFold.Fold(new() { Step = WorkStep.Settled, Objects = [Well("a") with { Error = late }, Well("b") with { Error = Transient }] }).Error);
        Assert.Equal(Stalled, ReportFold.Fold(new() { Step = WorkStep.Settled, Error = Waiting, Objects = [Well("a") with { Error = Stalled }] }).Error);
    }
}

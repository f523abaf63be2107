using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Targets;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>Shows operators what agents hold back, and tells agents what was released.</summary>
internal sealed class ReportedHolds(HoldStore holds, TargetStore targets, HubStateStore hub, TimeProvider time)
{
    private const int MaxPerReport = 20;
    private const int MaxItems = 100;
    private const int MaxText = 1_000;
    private const int MaxOpen = 200;

    /// <summary>Brings a cluster's shown holds of an Assignment up to date with its report.</summary>
    public async Task TakeAsync(Transaction tx, string clusterId, Report report, CancellationToken cancel)
    {
        var open = await holds.ListOpenAsync(tx, clusterId, report.AssignmentUid, "", MaxOpen, cancel).ConfigureAwait(false);
        var ours = open.Where(hold => IsReported(hold.Reason)).ToArray();
        var current = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reported in report.Holds.Where(hold => IsReported(hold.Reason)).Take(MaxPerReport))
        {
            var id = Id(clusterId, report, reported);
            var name = $"{reported.Reason.ToLowerInvariant()}-{id[..16]}";
            current.Add(name);
            if (ours.Any(hold => hold.Name == name))
            {
                continue;
            }

            var row = new StoredHold(
                id, name, reported.Reason, Cut(reported.Message), clusterId, report.AssignmentUid,
                [.. reported.Items.Take(MaxItems).Select(Cut)], reported.Count, time.GetUtcNow(), "", null, "");
            if (!await holds.PutAsync(tx, row, cancel).ConfigureAwait(false))
            {
                // Settled before: an answer that a newer target has lost is given again.
                await AnswerAsync(tx, name, cancel).ConfigureAwait(false);
            }
        }

        foreach (var over in ours.Where(hold => !current.Contains(hold.Name)))
        {
            await holds.SettleAsync(tx, over.Name, "Gone", "agent", time.GetUtcNow(), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the agent of a released hold, by its target.</summary>
    public async Task AnswerAsync(Transaction tx, string name, CancellationToken cancel)
    {
        if (await holds.GetByNameAsync(tx, name, cancel).ConfigureAwait(false) is not { Outcome: "Released" } hold
            || await targets.GetAsync(tx, hold.Cluster, hold.Assignment, cancel).ConfigureAwait(false) is not { IsTombstone: false } target)
        {
            return;
        }

        // The id for people and logs; the word is what an agent checks: consent for this reason at this revision alone.
        var consent = $"{hold.Reason}:{target.Revision}";
        if (target.ReleasedHolds.Contains(consent))
        {
            return;
        }

        var state = await hub.GetAsync(tx, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("The hub has no identity yet.");
        var change = TargetChange.Set(
            target.Cluster, target.Assignment, target.AssignmentName, target.Revision, target.SpecDigest, target.ClosureDigest, target.AuditId,
            [.. target.ReleasedHolds.Where(word => word.EndsWith(':' + target.Revision)), hold.Id, consent]);
        await targets.ChangeAsync(tx, [change], state.Lineage.ToBytes(), time.GetUtcNow(), cancel).ConfigureAwait(false);
    }

    /// <summary>The reasons that agents hold for; the hub's own are others.</summary>
    public static bool IsReported(string reason) => reason is "MassPrune" or "EmptyRender" or "ProtectedKind";

    private static string Id(string clusterId, Report report, HoldSpec hold) =>
        SpecDigests.Of(System.Text.Encoding.UTF8.GetBytes($"{clusterId}\n{report.Revision}\n{HoldIds.Of(hold, report.AssignmentUid)}"))[..32];

    private static string Cut(string text) => text.Length > MaxText ? text[..MaxText] : text;
}

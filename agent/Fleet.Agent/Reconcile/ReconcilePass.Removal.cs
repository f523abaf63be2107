using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Core.Reports;

namespace Fleet.Agent.Reconcile;

/// <summary>The other case: an Assignment leaves this cluster.</summary>
internal sealed partial class ReconcilePass
{
    /// <summary>A tombstone: everything that is owned leaves, deleted or released, with the one confirmation given.</summary>
    private async Task<PassEnd> RemoveAsync(V1.Tombstone tombstone, CancellationToken cancellationToken)
    {
        var owner = new Ownership(context.HubId(), state.Uid);
        if (tombstone.AssignmentName.Length > 0) state.Name = tombstone.AssignmentName;
        state.Rendered = null;
        ErrorVerdict? problem = null;
        if (state.Inventory.Count > 0)
        {
            // A tombstone brings no spec: the rights are those that the objects were made with, kept beside them.
            var actor = state.Inventory.Actor ?? new("", state.Name, "", "");
            var permit = context.Rights.Ask(actor);
            if (permit.Api is not { } kube) return await RefuseAsync(permit.Refusal!, null, null).ConfigureAwait(false);
            (state.User, state.IsRefused) = (permit.User, false);
            await context.Watches.EnsureAsync(state.User, Kinds(state.Inventory), FirstLook, cancellationToken).ConfigureAwait(false);
            var plan = Planner.Make(new()
            {
                Now = context.Now,
                Owner = owner,
                AssignmentName = state.Name,
                Desired = new([], [], []),
                Inventory = state.Inventory,
                Observed = Seen(),
                Claims = context.Index.ClaimsAgainst(state),
                Unread = context.Index.Unread(state, context.Desired.Current),
                // A policy that this version does not know means keep.
                Removal = new(tombstone.Policy == V1.RemovalPolicy.Delete),
                IsAdoptedDeletable = state.Inventory.AdoptsAlways,
            });
            lock (state.Sync) (state.Kept, state.DependsOnOthers) = (plan.Keep, plan.DependsOnOthers);
            var due = plan.Prune.Where(p => !IsLeaving(p.Key) && !IsTooSoon(p.Key)).ToList();
            if (due.Count > 0)
            {
                Report(null, null, WorkStep.Removing, null, []);
                var execution = new PlanExecution(context, state, new(owner, AdoptPolicy.Never, [], false), kube, _turn, SaveAsync);
                await execution.PruneAsync(due, cancellationToken).ConfigureAwait(false);
                problem = await SaveAsync(_turn.End).ConfigureAwait(false);
            }
        }
        if (state.Inventory.Count > 0 || problem is not null) return End(null, null, WorkStep.Removing, problem ?? Leaving(), null, []);
        if ((await vault.DeleteAsync(_turn.End).ConfigureAwait(false) ?? await inventories.DeleteAsync(_turn.End).ConfigureAwait(false)) is { } error) return Later(ErrorJudge.Judge(error, true), WorkStep.Removing, null, null);
        return PassEnd.Removed;
    }

    /// <summary>What a removal still waits for, by name.</summary>
    private ErrorVerdict? Leaving()
    {
        lock (state.Sync)
        {
            if (state.Failed.Where(f => state.Inventory.TryFind(f.Key, out _)).Select(f => f.Value).FirstOrDefault() is { } failed) return new(failed.Kind, failed.Try.Reason, failed.Try.Message);
            if (state.Kept.Count > 0) return new(ErrorKind.Waiting, state.Kept[0].Reason.ToString(), state.Kept[0].Message);
            var held = state.Observed.FirstOrDefault(o => o.Value.Object is { IsPresent: true, TerminatingSince: not null });
            return held.Value is null ? null : new(ErrorKind.Waiting, "Terminating", $"{held.Key}: {held.Value.Health.Message}");
        }
    }
}

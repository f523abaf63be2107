using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Calls;

/// <summary>Suspend and Resume: break-glass, for a stated time, with a reason, in the audit log.</summary>
internal sealed class SuspendCalls(FleetDatabase database, FleetStores stores, ResourceViews views, ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    private const int MaxReason = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    public Task<Resource> SuspendAsync(SuspendRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var reason = request.Reason.Trim();
        if (reason.Length is 0 or > MaxReason)
        {
            throw Refusals.Invalid($"A reason is needed, of at most {MaxReason} characters: whoever finds it suspended reads it.");
        }

        Timestamp? until = null;
        if (request.For.Length > 0)
        {
            if (!Durations.TryParse(request.For, out var time) || time <= TimeSpan.Zero || time > Longest)
            {
                throw Refusals.Invalid($"{Quoting.Quote(request.For)} is not a time to suspend for: write one such as 1h or 90m, of at most {Longest.TotalDays:0}d.");
            }

            until = Timestamp.FromDateTimeOffset(clock.GetUtcNow() + time);
        }

        var message = $"{(until is null ? "until resumed" : FormattableString.Invariant($"until {until.ToDateTime():yyyy-MM-dd HH:mm:ss}Z"))}: {reason}";
        return ChangeAsync(request.Kind, request.Name, new Wanted(true, until, $"{reason} ({caller.Name})"), "suspend", message, caller, cancellationToken);
    }

    public Task<Resource> ResumeAsync(ResumeRequest request, Caller caller, CancellationToken cancellationToken) =>
        ChangeAsync(request.Kind, request.Name, new Wanted(false, null, ""), "resume", "", caller, cancellationToken);

    private Task<Resource> ChangeAsync(string kind, string name, Wanted wanted, string verb, string message, Caller caller, CancellationToken cancellationToken)
    {
        var view = views.Of(kind);
        return database.WriteAsync(
            async (tx, cancel) =>
            {
                switch (view.Kind)
                {
                    case ResourceKind.Assignment:
                        await AssignmentAsync(tx, name, wanted, verb, message, caller, cancel).ConfigureAwait(false);
                        break;
                    case ResourceKind.Cluster:
                        await ClusterAsync(tx, name, wanted, verb, message, caller, cancel).ConfigureAwait(false);
                        break;
                    default:
                        throw Refusals.Invalid($"A {view.Kind} cannot be suspended so: name a Cluster or an Assignment.");
                }

                return (await view.GetAsync(tx, name, cancel).ConfigureAwait(false))!;
            },
            cancellationToken);
    }

    private async Task AssignmentAsync(Transaction tx, string name, Wanted wanted, string verb, string message, Caller caller, CancellationToken cancellationToken)
    {
        var row = await stores.Resources.LockAsync(tx, nameof(Assignment), name, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Assignment, name);
        if (row.DeletedAt is not null)
        {
            throw Refusals.Precondition("DELETING", $"Assignment {row.Name} is being deleted, and that goes on: it cannot be suspended any more.");
        }

        var resource = DeclaredRows.Read(row);
        var spec = resource.Assignment.Spec ??= new AssignmentSpec();
        (spec.Suspend, spec.SuspendUntil, spec.SuspendReason) = (wanted.Suspend, wanted.Until, wanted.Reason);
        var next = row with { Body = DeclaredRows.Body(resource), Generation = row.Generation + 1, Changed = clock.GetUtcNow() };
        _ = await stores.Resources.UpdateAsync(tx, next, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException($"Assignment {name} changed under its lock.");
        await audit.AddAsync(tx, caller, $"assignment.{verb}", $"Assignment/{name}", message, row.Uid, [], cancellationToken).ConfigureAwait(false);
        await changes.RaiseAsync(tx, next, cancellationToken).ConfigureAwait(false);
    }

    private async Task ClusterAsync(Transaction tx, string name, Wanted wanted, string verb, string message, Caller caller, CancellationToken cancellationToken)
    {
        var found = await stores.Clusters.GetByNameAsync(tx, name, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, name);
        await stores.Sync.LockAsync(tx, found.Id, cancellationToken).ConfigureAwait(false);
        var cluster = await stores.Clusters.LockAsync(tx, found.Id, cancellationToken).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.Cluster, name);
        var spec = ClusterSpec.Parser.ParseFrom(cluster.Spec);
        (spec.Suspend, spec.SuspendUntil, spec.SuspendReason) = (wanted.Suspend, wanted.Until, wanted.Reason);
        var next = cluster with { Spec = spec.ToByteArray(), Generation = cluster.Generation + 1, Changed = clock.GetUtcNow() };
        _ = await stores.Clusters.UpdateAsync(tx, next, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException($"Cluster {name} changed under its lock.");
        await audit.AddAsync(tx, caller, $"cluster.{verb}", next, message, cancellationToken).ConfigureAwait(false);
        await changes.RaiseMembershipAsync(tx, cancellationToken).ConfigureAwait(false);
    }

    private sealed record Wanted(bool Suspend, Timestamp? Until, string Reason);
}

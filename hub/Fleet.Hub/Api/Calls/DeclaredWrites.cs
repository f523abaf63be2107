using Fleet.Hub.Access;
using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Stores one applied GitSource, ClusterGroup or Assignment.</summary>
internal sealed class DeclaredWrites(ResourceStore resources, ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    /// <summary>What became of it, or null with a violation.</summary>
    public async Task<ApplyResult?> ApplyAsync(Transaction tx, ApplyItem item, ViolationList violations, Caller caller, bool write, CancellationToken cancellationToken)
    {
        var kind = item.Kind.ToString();
        var stored = write
            ? await resources.LockAsync(tx, kind, item.Metadata.Name, cancellationToken).ConfigureAwait(false)
            : await resources.GetAsync(tx, kind, item.Metadata.Name, cancellationToken).ConfigureAwait(false);
        if (Problem(item, stored) is var (key, message))
        {
            item.Refuse(violations, key, message);
            return null;
        }

        return stored is null
            ? await CreateAsync(tx, item, violations, caller, write, cancellationToken).ConfigureAwait(false)
            : await ChangeAsync(tx, item, stored, caller, write, cancellationToken).ConfigureAwait(false);
    }

    private static (string Key, string Message)? Problem(ApplyItem item, StoredResource? stored)
    {
        var metadata = item.Metadata;
        if (metadata.ResourceVersion.Length > 0 && (stored is null || !ResourceVersions.IsCurrent(metadata.ResourceVersion, ResourceVersions.Of(stored))))
        {
            return ("metadata.resourceVersion", stored is null
                ? "It is gone since it was read: remove resourceVersion to make it anew."
                : $"It was changed since it was read (it is at resourceVersion {ResourceVersions.Of(stored)} now): read it again and repeat your change, or remove resourceVersion to overwrite.");
        }

        if (metadata.Uid.Length > 0 && stored is not null && metadata.Uid != stored.Uid)
        {
            return ("metadata.uid", "This is another resource of the same name, made after the one that was read was deleted: read it again, or remove uid.");
        }

        return stored?.DeletedAt is null
            ? null
            : ("metadata.name", $"{item.Kind} {metadata.Name} is being deleted, and its name is free again once all clusters have removed it: see fleetctl get clusterassignments --assignment {metadata.Name}.");
    }

    private async Task<ApplyResult> CreateAsync(Transaction tx, ApplyItem item, ViolationList violations, Caller caller, bool write, CancellationToken cancellationToken)
    {
        // To the microsecond, as it is stored: the answer is what a later read gives.
        var now = clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var row = new StoredResource(
            item.Kind.ToString(), item.Metadata.Name, Guid.NewGuid().ToString("D"), 1, 1, item.Metadata.Labels, DeclaredRows.Body(item.Resource), now, now, null);
        if (write)
        {
            if (!await resources.InsertAsync(tx, row, cancellationToken).ConfigureAwait(false))
            {
                item.Refuse(violations, "metadata.name", "It was made by someone else at the same moment: apply again.");
            }

            await WrittenAsync(tx, row, caller, "create", cancellationToken).ConfigureAwait(false);
        }

        return new ApplyResult { Resource = DeclaredRows.Read(row), Action = "created" };
    }

    private async Task<ApplyResult> ChangeAsync(Transaction tx, ApplyItem item, StoredResource stored, Caller caller, bool write, CancellationToken cancellationToken)
    {
        if (item.Resource.Assignment is { } applied && DeclaredRows.Read(stored).Assignment.Spec is { } before)
        {
            TimedSuspensions.Keep(before, applied.Spec ??= new AssignmentSpec(), clock.GetUtcNow());
        }

        var body = DeclaredRows.Body(item.Resource);
        if (Same(body, stored))
        {
            return new ApplyResult { Resource = DeclaredRows.Read(stored), Action = "unchanged" };
        }

        var specChanged = !Equals(ResourceMessages.Spec(item.Resource), ResourceMessages.Spec(DeclaredRows.Read(stored)));
        var row = stored with
        {
            Body = body,
            Labels = item.Metadata.Labels,
            Generation = stored.Generation + (specChanged ? 1 : 0),
            Changed = clock.GetUtcNow(),
        };
        if (write)
        {
            // Locked above, so the version cannot have moved.
            var version = await resources.UpdateAsync(tx, row, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException($"{row.Kind} {row.Name} changed under its lock.");
            row = row with { Version = version };
            await WrittenAsync(tx, row, caller, specChanged ? "apply" : "label", cancellationToken).ConfigureAwait(false);
        }

        return new ApplyResult { Resource = DeclaredRows.Read(row), Action = "configured" };
    }

    // Compared as messages: maps have no order in bytes.
    private static bool Same(byte[] body, StoredResource stored)
    {
        var next = ResourceMessages.Create(Enum.Parse<ResourceKind>(stored.Kind));
        var before = next.Clone();
        Google.Protobuf.MessageExtensions.MergeFrom(ResourceMessages.Body(next)!, body);
        Google.Protobuf.MessageExtensions.MergeFrom(ResourceMessages.Body(before)!, stored.Body);
        return next.Equals(before);
    }

    private async Task WrittenAsync(Transaction tx, StoredResource row, Caller caller, string verb, CancellationToken cancellationToken)
    {
        var target = $"{row.Kind}/{row.Name}";
        var action = $"{row.Kind.ToLowerInvariant()}.{verb}";
        await (row.Kind == nameof(Assignment)
            ? audit.AddAsync(tx, caller, action, target, $"generation {row.Generation}", row.Uid, [], cancellationToken)
            : audit.AddAsync(tx, caller, action, target, $"generation {row.Generation}", cancellationToken)).ConfigureAwait(false);
        await changes.RaiseAsync(tx, row, cancellationToken).ConfigureAwait(false);
    }
}

using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Content;

/// <summary>Says which closure a caller may read: that of its own assigned Revision, in its own live session, and no other.</summary>
internal sealed class ContentAccess(FleetDatabase database, FleetStores stores, SessionDirectory sessions)
{
    private const int MaxWanted = 1_000;

    /// <summary>Refuses what no honest agent sends.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Check(GetContentRequest request)
    {
        if (request.Want.Count > MaxWanted)
        {
            throw Refused(StatusCode.InvalidArgument, $"At most {MaxWanted} objects are asked for at once.");
        }

        if (!IsOid(request.Commit) || request.Want.Any(oid => !IsOid(oid)))
        {
            throw Refused(StatusCode.InvalidArgument, "commit and want are full object ids, in lower-case hex.");
        }

        if (request.HaveClosureDigest.Length is not (0 or 64) || request.AssignmentUid.Length > 64 || request.SessionId.Length > 64)
        {
            throw Refused(StatusCode.InvalidArgument, "have_closure_digest has 64 hex digits; assignment_uid and session_id at most 64 characters.");
        }
    }

    /// <summary>The digest of the closure that the caller may read.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: not the live session. PERMISSION_DENIED: not assigned to this cluster.</exception>
    public async Task<string> ClosureAsync(string clusterId, GetContentRequest request, CancellationToken cancellationToken)
    {
        var (sync, target) = await database.ReadAsync(async (tx, cancel) => (
            await stores.Sync.GetAsync(tx, clusterId, cancel).ConfigureAwait(false),
            await stores.Targets.GetAsync(tx, clusterId, request.AssignmentUid, cancel).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        if (sync?.SessionId is not { } live || live != request.SessionId || (ulong)sync.Fence != request.Fence || sync.Quarantine.Length > 0)
        {
            throw Refused(StatusCode.FailedPrecondition, "This is not the cluster's live session. Connect first, and ask again with its id and fence.");
        }

        // One answer for what does not exist and for what is another's: nobody can find out which.
        return target is { IsTombstone: false } && target.Revision == request.Commit
            ? target.ClosureDigest
            : sessions.Find(clusterId)?.Previews.GetValueOrDefault((request.AssignmentUid, request.Commit)) ?? throw Denied();
    }

    public static RpcException Denied() =>
        Refused(StatusCode.PermissionDenied, "This cluster is not assigned that Assignment at that commit, or the object is outside its folders.");

    public static RpcException Refused(StatusCode code, string message) => new(new Status(code, message));

    private static bool IsOid(string text) => text.Length is 40 or 64 && text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');
}

using Fleet.Agent.Core.Errors;
using Fleet.Agent.Enrollment;
using Fleet.Agent.Session;
using Fleet.Agent.Telemetry;
using Fleet.Agent.Timing;
using Fleet.Rendering.Files;
using Fleet.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fleet.Agent.Content;

/// <summary>Gets the content of an Assignment's commit: what is lacking is asked of the hub, on a connection of its own, until the walk from the commit finds everything.</summary>
internal sealed class ContentFetcher(IObjectStore store, ContentLimits limits, LiveSessionHolder live, AgentMetrics metrics, TimeProvider time) : IDisposable
{
    private const int MaxRounds = 100;
    private const int MaxWanted = 1_000;
    private static readonly TimeSpan RoundLimit = TimeSpan.FromMinutes(5);
    private readonly WorkSlots _two = new(2, TimeSpan.FromSeconds(1), time);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);
    private AgentIdentity? _identity;
    private GrpcChannel? _channel;

    /// <returns>The files, or why they cannot be had (yet).</returns>
    public async Task<(IFileTree? Files, ErrorVerdict? Problem)> GetAsync(Target target, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        if (!GitId.TryParse(target.Revision, out var commit)) return (null, new(ErrorKind.Stalled, "BadRevision", $"the hub names the revision '{target.Revision}', which is no commit id"));
        try
        {
            if (Walk(commit, roots) is { Missing.Count: > 0 })
            {
                ErrorVerdict? problem = null;
                await (await _two.StartAsync(async () => problem = await FillAsync(target, commit, roots, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                if (problem is not null) return (null, problem);
            }
            lock (_lock) _held[target.AssignmentUid] = new(target.Revision, target.ClosureDigest);
            return (new GitFileTree(store, commit, roots), null);
        }
        catch (ContentException e)
        {
            metrics.ContentRefused.Add(1, new KeyValuePair<string, object?>(AgentMetrics.ReasonLabel, e.Reason));
            return (null, Judge(e));
        }
    }

    /// <summary>All objects of a commit's content that are here; empty unless it is whole.</summary>
    public IReadOnlyList<GitId> Closure(string revision, IReadOnlyList<string> roots)
    {
        if (!GitId.TryParse(revision, out var commit)) return [];
        try
        {
            return Walk(commit, roots) is { Missing.Count: 0 } whole ? whole.Found : [];
        }
        catch (ContentException)
        {
            return [];
        }
    }

    public static ErrorVerdict Judge(ContentException e) => e.Reason == "Lost"
        ? new(ErrorKind.Transient, e.Reason, e.Message)
        : new(ErrorKind.Stalled, e.Reason, e.Message);

    public void Dispose()
    {
        lock (_lock) _channel?.Dispose();
        _two.Dispose();
    }

    private ContentWalk Walk(GitId commit, IReadOnlyList<string> roots)
    {
        var walk = new ContentWalk(store, limits);
        walk.Run(commit, roots);
        return walk;
    }

    private async Task<ErrorVerdict?> FillAsync(Target target, GitId commit, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        var before = -1;
        for (var round = 0; round < MaxRounds; round++)
        {
            var missing = Walk(commit, roots).Missing;
            if (missing.Count == 0) return null;
            if (live.Current is not { } session) return new(ErrorKind.Waiting, "NoSession", "its content is not in this cluster yet, and there is no session with the hub; it goes on by itself once there is one");
            // The first round lets the hub find the difference to what we had; later ones name what is still lacking.
            var request = new GetContentRequest { SessionId = session.SessionId, Fence = session.Fence, AssignmentUid = target.AssignmentUid, Commit = target.Revision };
            if (round == 0) Have(request, target.AssignmentUid);
            else request.Want.Add(missing.Take(MaxWanted).Select(id => id.Hex));
            var receiver = new ContentReceiver(store, limits);
            if (await ReceiveAsync(session, request, receiver, cancellationToken).ConfigureAwait(false) is { } problem) return problem;
            if (round > 0 && receiver.Stored == 0 && before == 0) return new(ErrorKind.Stalled, "Incomplete", $"the hub does not send object {missing[0]}, which the commit {target.Revision} needs");
            before = receiver.Stored;
        }
        return new(ErrorKind.Stalled, "Incomplete", $"the content of {target.Revision} was not complete after {MaxRounds} requests");
    }

    private void Have(GetContentRequest request, string uid)
    {
        lock (_lock)
        {
            if (!_held.TryGetValue(uid, out var held) || !GitId.TryParse(held.Commit, out var commit) || !store.Contains(commit)) return;
            request.HaveCommit = held.Commit;
            request.HaveClosureDigest = held.ClosureDigest;
        }
    }

    private async Task<ErrorVerdict?> ReceiveAsync(LiveSession session, GetContentRequest request, ContentReceiver receiver, CancellationToken cancellationToken)
    {
        try
        {
            var client = new ContentService.ContentServiceClient(Channel(session.Identity));
            using var call = client.GetContent(request, deadline: time.GetUtcNow().UtcDateTime + RoundLimit, cancellationToken: cancellationToken);
            while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                metrics.ContentBytes.Add(call.ResponseStream.Current.Objects.Length);
                receiver.Take(call.ResponseStream.Current);
            }
            receiver.Finish();
            return null;
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (RpcException e)
        {
            return Judge(e);
        }
    }

    private static ErrorVerdict Judge(RpcException e)
    {
        var words = HubErrors.Words(e);
        return e.StatusCode switch
        {
            StatusCode.PermissionDenied => new(ErrorKind.Stalled, HubErrors.Reason(e), $"the hub does not give this content to this cluster: {words}"),
            StatusCode.NotFound => new(ErrorKind.Waiting, HubErrors.Reason(e), $"the hub does not hold this content (any more): {words}. It comes with the next commit, or once the hub has fetched it again", TimeSpan.FromSeconds(10)),
            _ => new(ErrorKind.Transient, HubErrors.Reason(e), $"the content could not be read from the hub ({words}); it is tried again", HubErrors.RetryAfter(e)),
        };
    }

    private GrpcChannel Channel(AgentIdentity identity)
    {
        lock (_lock)
        {
            if (_channel is not null && ReferenceEquals(_identity, identity)) return _channel;
            // Calls on the old one are let go of with the old identity; they are tried again.
            _channel?.Dispose();
            _identity = identity;
            return _channel = HubConnection.Open(identity.SessionEndpoints[0], identity.Trust(), identity.ClientContext(), time);
        }
    }

    private sealed record Held(string Commit, string ClosureDigest);
}

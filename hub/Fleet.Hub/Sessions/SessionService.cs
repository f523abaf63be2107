using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Enrollment;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Hub.Sessions;

/// <summary>Holds the agents' streams. Who is calling is read from the TLS identity alone.</summary>
internal sealed partial class SessionService(
    SessionDirectory directory,
    SessionOpening opening,
    SessionRecords records,
    SessionEnds ends,
    ReportIntake reports,
    IdentityIssuer identities,
    SessionOptions options,
    TimeProvider time,
    ILogger<SessionService> logger,
    ILogger<SessionReader> readerLogger) : AgentService.AgentServiceBase
{
    private const int MissedHeartbeats = 3;

    public override Task<EnrollResponse> Renew(RenewRequest request, ServerCallContext context) =>
        identities.RenewAsync(AgentIdentities.From(context), request, context.CancellationToken);

    public override async Task Connect(
        IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<HubMessage> responseStream, ServerCallContext context)
    {
        var identity = AgentIdentities.From(context);
        var hello = await HelloAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (!HelloCheck.SharesProtocol(hello))
        {
            await RefuseAsync(responseStream, VerdictKind.UnsupportedProtocol,
                $"This hub speaks protocol version {HelloCheck.Protocol}; the agent speaks {hello.ProtocolMin} to {hello.ProtocolMax}. Upgrade the older of the two.").ConfigureAwait(false);
            return;
        }

        var opened = await opening.OpenAsync(identity.ClusterId, hello, context.CancellationToken).ConfigureAwait(false);
        if (opened.Refusal is { } refusal)
        {
            Log.Refused(logger, identity.ClusterId, refusal.Kind, refusal.Message);
            await RefuseAsync(responseStream, refusal.Kind, refusal.Message).ConfigureAwait(false);
            return;
        }

        using var session = new LiveSession(identity.ClusterId, opened.SessionId, opened.Fence, time) { Withheld = opened.Withheld };
        SessionMeters.Sessions.Add(1);
        SessionMeters.Opened.Add(1, new KeyValuePair<string, object?>("resume", opened.Resume.Kind.ToString()));
        Log.Opened(logger, identity.ClusterId, opened.Fence, opened.Resume.Kind);
        try
        {
            await responseStream.WriteAsync(Welcome(session, opened), context.CancellationToken).ConfigureAwait(false);
            Begin(session, opened);
            directory.Add(session);
            await RunAsync(session, requestStream, responseStream, context.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            directory.Remove(session);
            SessionMeters.Sessions.Add(-1);
            await DetachAsync(session).ConfigureAwait(false);
        }
    }

    private async Task<Hello> HelloAsync(IAsyncStreamReader<AgentMessage> stream, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HelloWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!await stream.MoveNext(either.Token).ConfigureAwait(false) || stream.Current.MessageCase != AgentMessage.MessageOneofCase.Hello)
            {
                throw SessionRefusals.Malformed("The first message of a stream is Hello.");
            }
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested && e is not RpcException { StatusCode: StatusCode.InvalidArgument })
        {
            throw SessionRefusals.NoHello(options.HelloWithin);
        }

        var hello = stream.Current.Hello;
        return HelloCheck.Problem(hello) is { } problem ? throw SessionRefusals.Malformed(problem) : hello;
    }

    private HubMessage Welcome(LiveSession session, OpenedSession opened)
    {
        var welcome = new Welcome
        {
            SessionId = session.SessionId,
            Fence = session.Fence,
            NextContinuity = ByteString.CopyFrom(opened.NextContinuity),
            HubTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            HeartbeatInterval = Duration.FromTimeSpan(options.Heartbeat),
            Protocol = HelloCheck.Protocol,
            Lineage = ByteString.CopyFrom(opened.Lineage),
            ReportInterval = Duration.FromTimeSpan(options.ReportInterval),
        };
        return new HubMessage { Welcome = welcome };
    }

    private static void Begin(LiveSession session, OpenedSession opened)
    {
        switch (opened.Resume.Kind)
        {
            case ResumeKind.UpToDate:
            case ResumeKind.Delta:
                session.Sent = opened.AgentPoint;
                break;
            case ResumeKind.Index:
                session.Outbox.WantIndex();
                break;
            case ResumeKind.Fork:
                break;
            default:
                throw new InvalidOperationException($"Unknown resume {opened.Resume.Kind}.");
        }

        session.Knows(opened.Assignments);
        if (opened.Released is { } released)
        {
            session.Outbox.Post(ForkRelease.Command(opened.Lineage, released));
            session.Outbox.WantIndex();
        }

        // Also when up to date: something may have changed since it was looked up.
        session.Outbox.DesiredChanged();
        if (opened.ReportsDiffer)
        {
            session.Outbox.AskAllReports();
        }
    }

    private async Task RunAsync(
        LiveSession session, IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<HubMessage> responses, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Ended);
        await using var beat = time.CreateTimer(_ => Beat(session), null, options.Heartbeat, options.Heartbeat);
        var reading = new SessionReader(session, requests, records, ends, reports, readerLogger).RunAsync(both.Token);
        var writing = new SessionWriter(session, responses, records, time).RunAsync(both.Token);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        await both.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(reading, writing).ConfigureAwait(false);
        }
        catch (Exception) when (first.IsCompletedSuccessfully || session.Ended.IsCancellationRequested || cancellationToken.IsCancellationRequested)
        {
            // The other half ended because this one did, or the connection is gone: no news.
        }
    }

    private void Beat(LiveSession session)
    {
        if (session.Silence >= options.Heartbeat * MissedHeartbeats)
        {
            Log.Silent(logger, session.ClusterId, session.Silence.TotalSeconds);
            session.Cut();
        }
        else
        {
            session.Outbox.Heartbeat();
        }
    }

    private async Task DetachAsync(LiveSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        try
        {
            await records.DetachAsync(session, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The lease of this node, or the next session's fence, does it later.
            Log.DetachFailed(logger, session.ClusterId, e);
        }
    }

    private static Task RefuseAsync(IServerStreamWriter<HubMessage> stream, VerdictKind kind, string message)
    {
        SessionMeters.Refused.Add(1, new KeyValuePair<string, object?>("reason", kind.ToString()));
        return stream.WriteAsync(new HubMessage { Verdict = new Verdict { Kind = kind, Message = message } });
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "SessionOpened", Level = LogLevel.Information, Message = "Cluster {Cluster} is connected (fence {Fence}, {Resume})")]
        public static partial void Opened(ILogger logger, string cluster, ulong fence, ResumeKind resume);

        [LoggerMessage(EventName = "SessionRefused", Level = LogLevel.Warning, Message = "Cluster {Cluster} is refused ({Kind}): {Why}")]
        public static partial void Refused(ILogger logger, string cluster, VerdictKind kind, string why);

        [LoggerMessage(EventName = "SessionSilent", Level = LogLevel.Warning, Message = "Cluster {Cluster} has been silent for {Seconds:0} s: its stream is ended")]
        public static partial void Silent(ILogger logger, string cluster, double seconds);

        [LoggerMessage(EventName = "SessionDetachFailed", Level = LogLevel.Warning, Message = "That the session of cluster {Cluster} ended could not be stored")]
        public static partial void DetachFailed(ILogger logger, string cluster, Exception exception);
    }
}

using Fleet.Agent.Enrollment;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Session;

/// <summary>One stream with the hub, from Hello to its end.</summary>
internal sealed partial class HubSession(SessionContext context, AgentIdentity identity, Uri endpoint)
{
    public const int Protocol = 1;
    private static readonly TimeSpan WelcomeLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StandardHeartbeat = TimeSpan.FromSeconds(30);
    private const int MaxCommands = 4;
    private readonly Outbox _outbox = new(context.Reports, context.Time);
    private readonly SemaphoreSlim _commands = new(MaxCommands);
    private readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _heartbeat = StandardHeartbeat;
    private long _heard;
    private ulong _beats;
    private bool _stood;

    public async Task<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        var trust = identity.Trust();
        using var channel = HubConnection.Open(endpoint, trust, identity.ClientContext(), context.Time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = new AgentService.AgentServiceClient(channel).Connect(cancellationToken: over.Token);
        _heard = context.Time.GetTimestamp();
        context.Reports.Restart();
        var running = new List<Task>();
        try
        {
            await call.RequestStream.WriteAsync(new() { Hello = Hello() }, over.Token).ConfigureAwait(false);
            var reading = ReadAsync(call.ResponseStream, running, over.Token);
            running.Add(reading);
            running.Add(_outbox.RunAsync(m => call.RequestStream.WriteAsync(m, over.Token), () => context.Metrics.Reports.Add(1), over.Token));
            running.Add(WatchSilenceAsync(over.Token));
            var first = await Task.WhenAny(running[0], running[1], running[2]).ConfigureAwait(false);
            if (first == reading) return await reading.ConfigureAwait(false);
            await first.ConfigureAwait(false);
            // The watch over silence returns only when there was too much of it.
            return new("Silent", "the hub was silent for too long; the link is taken for dead", _stood);
        }
        catch (Exception e) when (e is RpcException or SessionException or OperationCanceledException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return EndOf(e, trust);
        }
        finally
        {
            context.Live.End();
            if (cancellationToken.IsCancellationRequested && _stood) await SayGoodbyeAsync(call).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            // By index: the reader, which is first, adds its own tasks when it ends.
            for (var i = 0; i < running.Count; i++) await running[i].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _commands.Dispose();
        }
    }

    private Hello Hello()
    {
        var held = context.Desired.Current;
        return new()
        {
            ProtocolMin = Protocol,
            ProtocolMax = Protocol,
            Capabilities = { "content.brotli", "content.tree-edit", "plan.preview" },
            BootId = context.Options.BootId,
            Continuity = ByteString.CopyFrom(context.Continuity.Current),
            Lineage = ByteString.CopyFrom(held.Lineage),
            Generation = held.Generation,
            Chain = ByteString.CopyFrom(held.Chain),
            ReportDigest = ByteString.CopyFrom(context.Reports.Digest()),
            KubernetesVersion = context.Facts.KubernetesVersion,
            AgentVersion = context.Options.Version,
            ClusterUid = context.Facts.Uid,
            AgentTime = Timestamp.FromDateTimeOffset(context.Time.GetUtcNow()),
        };
    }

    private async Task<SessionEnd> ReadAsync(IAsyncStreamReader<HubMessage> messages, List<Task> running, CancellationToken cancellationToken)
    {
        if (await FirstAsync(messages, cancellationToken).ConfigureAwait(false) is not { } first) return new("Closed", "the hub closed the stream before it said welcome", false);
        if (first.MessageCase == HubMessage.MessageOneofCase.Verdict) return EndOf(first.Verdict);
        if (first.MessageCase != HubMessage.MessageOneofCase.Welcome) throw new SessionException("NoWelcome", $"the hub's first message was {first.MessageCase} and not Welcome");
        var welcome = first.Welcome;
        if (welcome.Protocol != Protocol) return new("UnsupportedProtocol", $"the hub chose protocol {welcome.Protocol}, this agent speaks {Protocol}", false) { IsLasting = true };
        Begin(welcome);
        var continuity = context.Continuity.TakeAsync(welcome.NextContinuity.ToByteArray(), cancellationToken);
        var beating = BeatAsync(cancellationToken);
        var intake = new DesiredIntake(context.Desired, welcome.Lineage.ToByteArray(), _outbox.SendAsync, context.Log);
        try
        {
            while (await messages.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                Heard();
                var message = messages.Current;
                switch (message.MessageCase)
                {
                    case HubMessage.MessageOneofCase.DesiredIndex or HubMessage.MessageOneofCase.DesiredDelta or HubMessage.MessageOneofCase.Specs:
                        await TakeDesiredAsync(intake, message, cancellationToken).ConfigureAwait(false);
                        break;
                    case HubMessage.MessageOneofCase.ReportAck:
                        context.Reports.Confirm(message.ReportAck.Seq);
                        break;
                    case HubMessage.MessageOneofCase.ReportFull:
                        context.Reports.StartSnapshot();
                        break;
                    case HubMessage.MessageOneofCase.Command:
                        await TakeCommandAsync(intake, message.Command, cancellationToken).ConfigureAwait(false);
                        break;
                    case HubMessage.MessageOneofCase.Drain:
                        return EndOf(message.Drain);
                    case HubMessage.MessageOneofCase.Verdict:
                        return EndOf(message.Verdict);
                    case HubMessage.MessageOneofCase.Heartbeat or HubMessage.MessageOneofCase.Welcome:
                        break;
                    default:
                        context.Metrics.UnknownMessages.Add(1);
                        break;
                }
            }
            return new("Closed", "the hub closed the session", true);
        }
        finally
        {
            running.AddRange([continuity, beating]);
        }
    }

    private async Task<HubMessage?> FirstAsync(IAsyncStreamReader<HubMessage> messages, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(WelcomeLimit, context.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var any = await messages.MoveNext(both.Token).ConfigureAwait(false);
            Heard();
            return any ? messages.Current : null;
        }
        catch (Exception e) when (e is RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SessionException("NoWelcome", $"the hub did not say welcome within {WelcomeLimit.TotalSeconds:0} s");
        }
    }

    private void Begin(Welcome welcome)
    {
        _stood = true;
        if (welcome.HeartbeatInterval?.ToTimeSpan() is { } beat && beat >= TimeSpan.FromMilliseconds(50) && beat <= TimeSpan.FromMinutes(10)) _heartbeat = beat;
        var gather = welcome.ReportInterval?.ToTimeSpan() ?? TimeSpan.Zero;
        _outbox.ReportInterval = gather > TimeSpan.Zero && gather < TimeSpan.FromMinutes(1) ? gather : TimeSpan.FromMilliseconds(200);
        _outbox.Wake();
        _welcomed.TrySetResult();
        context.Live.Begin(new(welcome.SessionId, welcome.Fence, identity));
        var skew = welcome.HubTime is { } hub ? context.Time.GetUtcNow() - hub.ToDateTimeOffset() : TimeSpan.Zero;
        var words = skew.Duration() > TimeSpan.FromMinutes(5) ? $"connected to {endpoint}; the two clocks differ by {skew.TotalMinutes:0} min" : $"connected to {endpoint}";
        context.Status.Set("session", true, "Connected", words);
        Log.Connected(context.Log, endpoint, welcome.SessionId, welcome.Fence);
    }

    /// <summary>Taking in may wait for the API server; what the hub says meanwhile waits in the stream, so the silence is ours.</summary>
    private async Task TakeDesiredAsync(DesiredIntake intake, HubMessage message, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _heard, long.MaxValue);
        await intake.TakeAsync(message, cancellationToken).ConfigureAwait(false);
        Heard();
    }

    private async Task TakeCommandAsync(DesiredIntake intake, Command command, CancellationToken cancellationToken)
    {
        if (command.CommandCase == Command.CommandOneofCase.ReleaseFork)
        {
            await intake.ReleaseAsync(command.ReleaseFork, cancellationToken).ConfigureAwait(false);
            await _outbox.SendAsync(new() { CommandResult = new() { Id = command.Id, Ok = true } }, cancellationToken).ConfigureAwait(false);
            return;
        }
        if (!_commands.Wait(0, CancellationToken.None))
        {
            await _outbox.SendAsync(new() { CommandResult = new() { Id = command.Id, Message = $"the agent is busy with {MaxCommands} other commands; ask again" } }, cancellationToken).ConfigureAwait(false);
            return;
        }
        _ = RunCommandAsync(command, cancellationToken);
    }

    private async Task RunCommandAsync(Command command, CancellationToken cancellationToken)
    {
        try
        {
            var deadline = command.Deadline?.ToTimeSpan() is { Ticks: > 0 } given && given < TimeSpan.FromMinutes(30) ? given : TimeSpan.FromMinutes(2);
            using var limit = new CancellationTokenSource(deadline, context.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            CommandResult result;
            try
            {
                result = await context.RunCommand(command, both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                result = new() { Message = $"not done within its deadline of {deadline.TotalSeconds:0} s" };
            }
            result.Id = command.Id;
            await _outbox.SendAsync(new() { CommandResult = result }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The session is over; the hub asks again in the next one if it still wants to know.
        }
        catch (Exception e)
        {
            Log.CommandFailed(context.Log, e, command.CommandCase);
            if (!cancellationToken.IsCancellationRequested) await _outbox.SendAsync(new() { CommandResult = new() { Id = command.Id, Message = $"the agent failed: {e.Message}" } }, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            try
            {
                _commands.Release();
            }
            catch (ObjectDisposedException)
            {
                // The session ended first.
            }
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_heartbeat * (0.9 + (0.2 * Random.Shared.NextDouble())), context.Time, cancellationToken).ConfigureAwait(false);
            await _outbox.SendAsync(new() { Heartbeat = new() { Sequence = ++_beats, Time = Timestamp.FromDateTimeOffset(context.Time.GetUtcNow()) } }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns after three missed heartbeats.</summary>
    private async Task WatchSilenceAsync(CancellationToken cancellationToken)
    {
        // Before the Welcome its own limit counts; only it says how often the hub is to be heard.
        await _welcomed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await Task.Delay(_heartbeat, context.Time, cancellationToken).ConfigureAwait(false);
            var heard = Interlocked.Read(ref _heard);
            if (heard != long.MaxValue && context.Time.GetElapsedTime(heard) > _heartbeat * 3.2) return;
        }
    }

    private void Heard() => Interlocked.Exchange(ref _heard, context.Time.GetTimestamp());

    private static async Task SayGoodbyeAsync(AsyncDuplexStreamingCall<AgentMessage, HubMessage> call)
    {
        // Best effort: a hub that hears it need not wait to call the cluster suspect.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new() { Goodbye = new() { Reason = "the agent stops" } }, limit.Token).ConfigureAwait(false);
            await call.RequestStream.CompleteAsync().WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException or IOException or ObjectDisposedException)
        {
            // It will notice by itself.
        }
    }

    private SessionEnd EndOf(Exception e, HubTrust trust) => e switch
    {
        SessionException s => new(s.Reason, s.Message, _stood),
        RpcException rpc when trust.Refusal is { } refusal && HubErrors.IsTls(rpc) => new("UntrustedHub", $"{endpoint}: {refusal}", _stood) { IsLasting = true },
        RpcException rpc => new(HubErrors.Reason(rpc), $"{endpoint}: {HubErrors.Words(rpc)}", _stood)
        {
            AtLeast = HubErrors.RetryAfter(rpc),
            IdentityRefused = rpc.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied || HubErrors.IsTls(rpc),
        },
        _ => new("Broken", $"{endpoint}: the link broke: {e.Message}", _stood),
    };

    private SessionEnd EndOf(Drain drain)
    {
        var (min, max) = (drain.MinDelay?.ToTimeSpan() ?? TimeSpan.Zero, drain.MaxDelay?.ToTimeSpan() ?? TimeSpan.FromSeconds(5));
        if (min < TimeSpan.Zero || max < min || max > TimeSpan.FromHours(1)) (min, max) = (TimeSpan.Zero, TimeSpan.FromSeconds(30));
        return new("Drain", "the hub restarts and asked to come back later", _stood) { After = min + ((max - min) * Random.Shared.NextDouble()) };
    }

    private SessionEnd EndOf(Verdict verdict)
    {
        var words = verdict.Message.Length > 0 ? verdict.Message : "the hub gave no further word";
        return verdict.Kind switch
        {
            VerdictKind.RetryLater => new("RetryLater", words, _stood),
            VerdictKind.Superseded => new("Superseded", $"another session of this cluster took over: {words}", _stood) { AtLeast = TimeSpan.FromSeconds(15) },
            VerdictKind.Revoked => new("Revoked", $"this cluster was revoked at the hub: {words}. What is deployed stays; to take part again, approve the cluster or enroll it anew", _stood) { IsLasting = true },
            VerdictKind.Quarantined => new("Quarantined", $"this cluster is quarantined at the hub: {words}. What is deployed stays and is kept; an operator must look", _stood) { IsLasting = true },
            VerdictKind.UnsupportedProtocol => new("UnsupportedProtocol", $"{words}. Use an agent of the hub's version", _stood) { IsLasting = true },
            _ => UnknownVerdict(words),
        };
    }

    private SessionEnd UnknownVerdict(string words)
    {
        context.Metrics.UnknownMessages.Add(1);
        return new("UnknownVerdict", $"the hub ended the session with a verdict that this agent does not know: {words}", _stood) { AtLeast = TimeSpan.FromSeconds(30) };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "SessionConnected", Level = LogLevel.Information, Message = "Connected to {Endpoint}: session {SessionId}, fence {Fence}")]
        public static partial void Connected(ILogger logger, Uri endpoint, string sessionId, ulong fence);

        [LoggerMessage(EventId = 2, EventName = "CommandFailed", Level = LogLevel.Error, Message = "A command of the hub failed: {Kind}")]
        public static partial void CommandFailed(ILogger logger, Exception exception, Command.CommandOneofCase kind);
    }
}

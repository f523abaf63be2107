using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fleet.Hub.Tests.Flow;

/// <summary>An agent as far as the wire: it keeps what it accepts, fetches and checks content, and reports Ready.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly string _cluster;
    private readonly CancellationTokenSource _stop = new();
    private AsyncDuplexStreamingCall<AgentMessage, HubMessage>? _call;
    private Task _reading = Task.CompletedTask;
    private readonly SemaphoreSlim _write = new(1);
    private ulong _seq;

    public FakeAgent(FlowHub hub, string cluster)
    {
        _channel = hub.Channel();
        _cluster = cluster;
    }

    public byte[] Continuity { get; set; } = [];

    public byte[] Lineage { get; set; } = [];

    public ulong Generation { get; set; }

    public byte[] Chain { get; set; } = [];

    public string BootId { get; set; } = Guid.NewGuid().ToString("N");

    public Welcome? Welcome { get; private set; }

    public ConcurrentDictionary<string, Target> Targets { get; } = new();

    public ConcurrentDictionary<string, Report> Reports { get; } = new();

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    public ConcurrentDictionary<string, TargetSpec> Specs { get; } = new();

    public ConcurrentQueue<string> Removed { get; } = new();

    public Channel<HubMessage> Seen { get; } = Channel.CreateUnbounded<HubMessage>();

    /// <summary>False: what is sent is kept for the test and not acted on.</summary>
    public bool Obedient { get; set; } = true;

    /// <summary>What the agent says of a target it has taken.</summary>
    public Func<Target, ReportPhase> Says { get; set; } = _ => ReportPhase.Ready;

    public Func<Command, CommandResult>? Answers { get; set; }

    public Exception? Ended { get; private set; }

    public Metadata Headers => new() { { FlowHub.ClusterHeader, _cluster } };

    public ContentService.ContentServiceClient Content => new(_channel);

    public async Task<FakeAgent> ConnectAsync(Action<Hello>? change = null)
    {
        _call = new AgentService.AgentServiceClient(_channel).Connect(Headers, cancellationToken: _stop.Token);
        var hello = new Hello
        {
            ProtocolMin = 1,
            ProtocolMax = 1,
            BootId = BootId,
            Continuity = ByteString.CopyFrom(Continuity),
            Lineage = ByteString.CopyFrom(Lineage),
            Generation = Generation,
            Chain = ByteString.CopyFrom(Chain),
            ReportDigest = ByteString.CopyFrom(ReportDigests.Of(Reports.Values)),
            AgentVersion = "test",
        };
        change?.Invoke(hello);
        try
        {
            await SendAsync(new AgentMessage { Hello = hello });
        }
        catch (RpcException)
        {
            // Refused before it was read: the reading says why.
        }

        _reading = ReadAsync(_call);
        return this;
    }

    public async Task<HubMessage> NextAsync(HubMessage.MessageOneofCase kind)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var next = await Seen.Reader.ReadAsync(limit.Token);
            if (next.MessageCase == kind)
            {
                return next;
            }
        }
    }

    /// <summary>What came since the last look.</summary>
    public IReadOnlyList<HubMessage> Drain()
    {
        var all = new List<HubMessage>();
        while (Seen.Reader.TryRead(out var message))
        {
            all.Add(message);
        }

        return all;
    }

    public async Task SendAsync(AgentMessage message)
    {
        await _write.WaitAsync();
        try
        {
            await _call!.RequestStream.WriteAsync(message);
        }
        finally
        {
            _write.Release();
        }
    }

    public Task ReportAsync(params Report[] reports)
    {
        foreach (var report in reports)
        {
            Reports[report.AssignmentUid] = report;
        }

        return SendAsync(new AgentMessage { ReportDelta = new ReportDelta { Seq = ++_seq, Reports = { reports } } });
    }

    public GetContentRequest Request(Target target, string have = "") => new()
    {
        SessionId = Welcome!.SessionId,
        Fence = Welcome.Fence,
        AssignmentUid = target.AssignmentUid,
        Commit = target.Revision,
        HaveClosureDigest = have,
    };

    public async Task<long> FetchAsync(GetContentRequest request)
    {
        long bytes = 0;
        var slices = new Dictionary<string, byte[]>();
        using var call = Content.GetContent(request, Headers);
        while (await call.ResponseStream.MoveNext(default))
        {
            var part = call.ResponseStream.Current;
            Assert.True(part.CalculateSize() <= 1 << 20);
            bytes += part.Objects.Length;
            foreach (var item in Open(part).Objects)
            {
                Take(item, slices);
            }
        }

        return bytes;
    }

    public Task WaitEndAsync() => _reading.WaitAsync(TimeSpan.FromSeconds(20));

    public async Task DisconnectAsync()
    {
        await _write.WaitAsync();
        try
        {
            await _call!.RequestStream.CompleteAsync();
        }
        finally
        {
            _write.Release();
        }

        await WaitEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.WaitAsync(TimeSpan.FromSeconds(20));
        _call?.Dispose();
        _channel.Dispose();
    }

    private async Task ReadAsync(AsyncDuplexStreamingCall<AgentMessage, HubMessage> call)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(_stop.Token))
            {
                var message = call.ResponseStream.Current;
                Assert.True(message.CalculateSize() <= 1 << 20);
                if (Obedient)
                {
                    await ObeyAsync(message);
                }

                Seen.Writer.TryWrite(message);
            }
        }
        catch (Exception e)
        {
            Ended = e;
        }
    }

    private async Task ObeyAsync(HubMessage message)
    {
        switch (message.MessageCase)
        {
            case HubMessage.MessageOneofCase.Welcome:
                Welcome = message.Welcome;
                Continuity = message.Welcome.NextContinuity.ToByteArray();
                Lineage = message.Welcome.Lineage.ToByteArray();
                _seq = 0;
                break;
            case HubMessage.MessageOneofCase.Heartbeat:
                await SendAsync(new AgentMessage { Heartbeat = message.Heartbeat });
                break;
            case HubMessage.MessageOneofCase.DesiredIndex:
                await TakeAsync(message.DesiredIndex.Targets, message.DesiredIndex.Tombstones, message.DesiredIndex.Generation, message.DesiredIndex.Chain, message.DesiredIndex.More);
                break;
            case HubMessage.MessageOneofCase.DesiredDelta:
                Assert.Equal(Generation, message.DesiredDelta.BaseGeneration);
                Assert.Equal(Chain, message.DesiredDelta.BaseChain.ToByteArray());
                await TakeAsync(message.DesiredDelta.Upserts, message.DesiredDelta.Tombstones, message.DesiredDelta.Generation, message.DesiredDelta.Chain, message.DesiredDelta.More);
                break;
            case HubMessage.MessageOneofCase.Specs:
                foreach (var spec in message.Specs.Specs_)
                {
                    Assert.Equal(spec.Digest, SpecDigests.Of(spec.Content.Span));
                    Specs[spec.Digest] = TargetSpec.Parser.ParseFrom(spec.Content);
                }

                break;
            case HubMessage.MessageOneofCase.ReportFull:
                await SendAsync(new AgentMessage { ReportSnapshot = new ReportSnapshot { Seq = ++_seq, Reports = { Reports.Values }, Last = true } });
                break;
            case HubMessage.MessageOneofCase.Command when Answers is { } answers:
                var result = answers(message.Command);
                result.Id = message.Command.Id;
                await SendAsync(new AgentMessage { CommandResult = result });
                break;
            default:
                break;
        }
    }

    private async Task TakeAsync(IEnumerable<Target> targets, IEnumerable<Tombstone> tombstones, ulong generation, ByteString chain, bool more)
    {
        var news = targets.ToArray();
        var lacking = news.Select(target => target.SpecDigest).Where(digest => !Specs.ContainsKey(digest)).Distinct().ToArray();
        if (lacking.Length > 0)
        {
            await SendAsync(new AgentMessage { NeedSpecs = new NeedSpecs { SpecDigests = { lacking } } });
        }

        foreach (var target in news)
        {
            Targets[target.AssignmentUid] = target;
        }

        if (!more)
        {
            Generation = generation;
            Chain = chain.ToByteArray();
            await SendAsync(new AgentMessage { DesiredAck = new DesiredAck { Generation = generation, Chain = chain, Stage = AckStage.Accepted } });
        }

        foreach (var tombstone in tombstones)
        {
            Targets.TryRemove(tombstone.AssignmentUid, out _);
            Reports.TryRemove(tombstone.AssignmentUid, out _);
            Removed.Enqueue(tombstone.AssignmentUid);
            await SendAsync(new AgentMessage { ReportDelta = new ReportDelta { Seq = ++_seq, Removed = { tombstone.AssignmentUid } } });
        }

        if (news.Length > 0)
        {
            await ReportAsync([.. news.Select(target => new Report
            {
                AssignmentUid = target.AssignmentUid,
                AssignmentName = target.AssignmentName,
                Revision = target.Revision,
                SpecDigest = target.SpecDigest,
                AppliedRevision = target.Revision,
                Phase = Says(target),
            })]);
        }
    }

    private static ContentObjects Open(ContentPart part)
    {
        if (part.Compression == Compression.None)
        {
            return ContentObjects.Parser.ParseFrom(part.Objects);
        }

        using var brotli = new BrotliStream(new MemoryStream(part.Objects.ToByteArray()), CompressionMode.Decompress);
        return ContentObjects.Parser.ParseFrom(brotli);
    }

    private void Take(ContentObject item, Dictionary<string, byte[]> slices)
    {
        var oid = Convert.ToHexStringLower(item.Oid.Span);
        var bytes = item.Encoding == ContentEncoding.TreeEdit ? Applied(item) : item.Data.ToByteArray();
        if (bytes.Length < (int)item.Size)
        {
            var whole = slices.TryGetValue(oid, out var begun) ? begun : slices[oid] = new byte[item.Size];
            bytes.CopyTo(whole, (int)item.Offset);
            if ((ulong)bytes.Length + item.Offset < item.Size)
            {
                return;
            }

            bytes = whole;
        }

        var header = Encoding.ASCII.GetBytes($"{item.Type.ToString().ToLowerInvariant()} {bytes.Length}\0");
        Assert.Equal(oid, Convert.ToHexStringLower(SHA1.HashData([.. header, .. bytes])));
        Objects[oid] = bytes;
    }

    private byte[] Applied(ContentObject item)
    {
        var edit = TreeEdit.Parser.ParseFrom(item.Data);
        var entries = Fleet.Hub.Content.TreeEdits.Parse(Objects[Convert.ToHexStringLower(item.Base.Span)], 20).ToDictionary(entry => entry.Name.ToStringUtf8());
        foreach (var removed in edit.Removed)
        {
            entries.Remove(removed.ToStringUtf8());
        }

        foreach (var put in edit.Put)
        {
            entries[put.Name.ToStringUtf8()] = put;
        }

        return [.. entries.Values
            .OrderBy(entry => entry.Name.ToStringUtf8() + (entry.Mode is "40000" ? "/" : ""), StringComparer.Ordinal)
            .SelectMany(entry => Encoding.UTF8.GetBytes($"{entry.Mode} {entry.Name.ToStringUtf8()}\0").Concat(entry.Oid.ToByteArray()))];
    }
}

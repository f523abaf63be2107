using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Tests.Fakes;

/// <summary>The hub's end of the wire, as simple as it can be, and as wrong as a test asks for.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Target> _targets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tombstone> _tombstones = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _specs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Report> _reports = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _fence;

    private FakeHub(WebApplication app, FakeAuthority authority)
    {
        (_app, Authority) = (app, authority);
    }

    public FakeAuthority Authority { get; }
    public FakeGit Git { get; } = new();
    public Uri Api { get; private set; } = null!;
    public Uri Agents { get; private set; } = null!;
    public byte[] Lineage { get; set; } = [1, 1, 1, 1];
    public ulong Generation { get; set; }
    public string HubId { get; set; } = "hub-1";
    public List<Hello> Hellos { get; } = [];
    public List<DesiredAck> Acks { get; } = [];
    public List<GetContentRequest> ContentRequests { get; } = [];
    public List<CommandResult> Results { get; } = [];
    public List<string> RemovedReports { get; } = [];
    public List<string> Tokens { get; } = [];
    public int Renewals { get; private set; }
    public int Recoveries { get; private set; }
    public int Sessions { get; private set; }
    /// <summary>Answers Enroll instead of the usual identity.</summary>
    public Func<EnrollRequest, EnrollResponse?>? OnEnroll { get; set; }
    /// <summary>Changes what GetContent sends.</summary>
    public Func<GetContentRequest, List<ContentPart>, List<ContentPart>>? OnContent { get; set; }
    /// <summary>What a specific spec is sent as.</summary>
    public Func<byte[], byte[]>? OnSpec { get; set; }
    /// <summary>Ends sessions before the Welcome.</summary>
    public Func<Hello, RpcException?>? OnHello { get; set; }
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(30);
    public Duration? RenewAfter { get; set; }
    public Channel<HubMessage>? Current { get; private set; }

    public static async Task<FakeHub> StartAsync()
    {
        var authority = new FakeAuthority();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        FakeHub? hub = null;
        builder.Services.AddSingleton(_ => hub!);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var certificate = authority.ServerCertificate();
            kestrel.Listen(IPAddress.Loopback, 0, l => { l.Protocols = HttpProtocols.Http1AndHttp2; l.UseHttps(certificate); });
            kestrel.Listen(IPAddress.Loopback, 0, l =>
            {
                l.Protocols = HttpProtocols.Http2;
                l.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                    ClientCertificateValidation = (c, _, _) => c.Issuer == authority.Certificate.Subject,
                });
            });
        });
        var app = builder.Build();
        app.MapGrpcService<FakeEnrollment>();
        app.MapGrpcService<FakeAgents>();
        app.MapGrpcService<FakeContent>();
        app.MapGet("/ca.pem", () => AuthorityPem(authority));
        hub = new(app, authority);
        await app.StartAsync();
        var urls = app.Urls.Select(u => new Uri(u)).ToArray();
        (hub.Api, hub.Agents) = (urls[0], urls[1]);
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        Current?.Writer.TryComplete();
        using var quick = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(quick.Token);
        await _app.DisposeAsync();
        Authority.Dispose();
    }

    /// <summary>Assigns files to the cluster, and tells it.</summary>
    public string Assign(string name, IReadOnlyDictionary<string, string> files, Action<TargetSpec>? change = null)
    {
        var spec = new TargetSpec { AssignmentUid = "uid-" + name, AssignmentName = name, Path = "", Prune = true, Render = new() { Format = "raw", Recursive = true } };
        change?.Invoke(spec);
        var commit = Git.Commit(files);
        AssignCommit(name, commit, spec);
        return commit;
    }

    public void AssignCommit(string name, string commit, TargetSpec spec, Action<Target>? change = null)
    {
        var bytes = SpecDigests.Canonical(spec);
        lock (_lock)
        {
            _specs[SpecDigests.Of(bytes)] = bytes;
            var target = new Target { AssignmentUid = "uid-" + name, AssignmentName = name, Revision = commit, SpecDigest = SpecDigests.Of(bytes), ClosureDigest = ClosureDigests.Of(Git.Closure(commit)), Generation = Generation + 1 };
            change?.Invoke(target);
            _tombstones.Remove(target.AssignmentUid);
            _targets[target.AssignmentUid] = target;
            Tell([target], []);
        }
    }

    public Target TargetOf(string name)
    {
        lock (_lock) return _targets["uid-" + name].Clone();
    }

    public void Remove(string name, RemovalPolicy policy, RemovalCause cause = RemovalCause.AssignmentDeleted)
    {
        lock (_lock)
        {
            _targets.Remove("uid-" + name);
            var tombstone = new Tombstone { AssignmentUid = "uid-" + name, AssignmentName = name, Cause = cause, Policy = policy, Generation = Generation + 1 };
            _tombstones[tombstone.AssignmentUid] = tombstone;
            Tell([], [tombstone]);
        }
    }

    /// <summary>Forgets a target without a word.</summary>
    public void Lose(string name)
    {
        lock (_lock) _targets.Remove("uid-" + name);
    }

    public void Send(HubMessage message) => Current!.Writer.TryWrite(message);

    public void SendIndex() => Send(new() { DesiredIndex = Index() });

    public void EndSession() => Current?.Writer.TryComplete();

    public Report? ReportOf(string name)
    {
        lock (_lock) return _reports.GetValueOrDefault("uid-" + name);
    }

    public async Task<Report> WaitForReportAsync(string name, Func<Report, bool> wanted, int seconds = 30)
    {
        Report? last = null;
        await UntilAsync(() => (last = ReportOf(name)) is not null && wanted(last), seconds, () => $"last report of {name}: {last}");
        return last!;
    }

    public Task<Report> WaitReadyAsync(string name, string commit, int seconds = 30) =>
        WaitForReportAsync(name, r => r.Phase == ReportPhase.Ready && r.AppliedRevision == commit, seconds);

    /// <summary>Waits on this hub's own changes, with a deadline.</summary>
    public async Task UntilAsync(Func<bool> wanted, int seconds = 30, Func<string>? words = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            var changed = _changed.Task;
            bool good;
            lock (_lock) good = wanted();
            if (good) return;
            try
            {
                await changed.WaitAsync(TimeSpan.FromMilliseconds(200), limit.Token);
            }
            catch (TimeoutException)
            {
                // What is waited for may be elsewhere than in this hub: looked at again.
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"not within {seconds} s; {words?.Invoke()}");
            }
        }
    }

    public byte[] ChainOf(ulong generation) => SHA256.HashData(Encoding.ASCII.GetBytes($"{Convert.ToHexString(Lineage)}/{generation}"));

    public DesiredIndex Index()
    {
        lock (_lock)
        {
            var index = new DesiredIndex { Generation = Generation, Chain = ByteString.CopyFrom(ChainOf(Generation)) };
            index.Targets.Add(_targets.Values);
            index.Tombstones.Add(_tombstones.Values);
            return index;
        }
    }

    internal void Note(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.TrySetResult();
    }

    internal Identity Mint(byte[] csr)
    {
        var identity = new Identity { ClusterId = "cluster-1", ClusterName = "one", HubId = HubId, TrustDomain = "fake.test", RenewAfter = RenewAfter ?? Duration.FromTimeSpan(TimeSpan.FromHours(12)), Lifetime = Duration.FromTimeSpan(TimeSpan.FromHours(24)) };
        identity.Certificates.Add(ByteString.CopyFrom(Authority.Issue(csr, "cluster-1")));
        identity.CaBundle.Add(ByteString.CopyFrom(Authority.Certificate.RawData));
        identity.SessionEndpoints.Add(Agents.ToString());
        return identity;
    }

    private void Tell(IEnumerable<Target> upserts, IEnumerable<Tombstone> tombstones)
    {
        var delta = new DesiredDelta { BaseGeneration = Generation, BaseChain = Generation == 0 ? ByteString.Empty : ByteString.CopyFrom(ChainOf(Generation)) };
        Generation++;
        delta.Generation = Generation;
        delta.Chain = ByteString.CopyFrom(ChainOf(Generation));
        delta.Upserts.Add(upserts);
        delta.Tombstones.Add(tombstones);
        Current?.Writer.TryWrite(new() { DesiredDelta = delta });
    }

    private static IResult AuthorityPem(FakeAuthority authority) => Microsoft.AspNetCore.Http.Results.Text(authority.Certificate.ExportCertificatePem(), "application/x-pem-file");

    internal sealed class FakeEnrollment(FakeHub hub) : EnrollmentService.EnrollmentServiceBase
    {
        public override Task<EnrollResponse> Enroll(EnrollRequest request, ServerCallContext context)
        {
            hub.Note(() => hub.Tokens.Add(request.Token));
            if (hub.OnEnroll?.Invoke(request) is { } answer) return Task.FromResult(answer);
            return Task.FromResult(new EnrollResponse { Identity = hub.Mint(request.Csr.ToByteArray()) });
        }

        public override Task<RecoverChallenge> BeginRecover(BeginRecoverRequest request, ServerCallContext context) =>
            Task.FromResult(new RecoverChallenge { ChallengeId = "c1", Nonce = ByteString.CopyFrom(new byte[32]), HubId = hub.HubId });

        public override Task<EnrollResponse> Recover(RecoverRequest request, ServerCallContext context)
        {
            hub.Note(() => hub.Recoveries++);
            var csr = System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequest(request.Csr.ToByteArray(), HashAlgorithmName.SHA256);
            var good = csr.PublicKey.GetECDsaPublicKey()!.VerifyHash(IdentityProofs.Recover(hub.HubId, "cluster-1", new byte[32]), request.Signature.Span, DSASignatureFormat.Rfc3279DerSequence);
            if (!good) throw new RpcException(new(StatusCode.PermissionDenied, "bad signature"));
            return Task.FromResult(new EnrollResponse { Identity = hub.Mint(request.Csr.ToByteArray()) });
        }
    }

    internal sealed class FakeAgents(FakeHub hub) : AgentService.AgentServiceBase
    {
        public override Task<EnrollResponse> Renew(RenewRequest request, ServerCallContext context)
        {
            hub.Note(() => hub.Renewals++);
            return Task.FromResult(new EnrollResponse { Identity = hub.Mint(request.Csr.ToByteArray()) });
        }

        public override async Task Connect(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<HubMessage> responseStream, ServerCallContext context)
        {
            if (!await requestStream.MoveNext(context.CancellationToken)) return;
            var hello = requestStream.Current.Hello;
            hub.Note(() => hub.Hellos.Add(hello));
            if (hub.OnHello?.Invoke(hello) is { } refusal) throw refusal;
            var outbox = Channel.CreateUnbounded<HubMessage>();
            ulong fence = 0;
            hub.Note(() =>
            {
                fence = ++hub._fence;
                hub.Sessions++;
                hub.Current = outbox;
                outbox.Writer.TryWrite(new()
                {
                    Welcome = new()
                    {
                        SessionId = $"s{fence}",
                        Fence = fence,
                        NextContinuity = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
                        HubTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
                        HeartbeatInterval = Duration.FromTimeSpan(hub.Heartbeat),
                        Protocol = 1,
                        Lineage = ByteString.CopyFrom(hub.Lineage),
                        ReportInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(20)),
                    },
                });
                if (hub.Generation > 0 && (hello.Generation != hub.Generation || !hello.Chain.Span.SequenceEqual(hub.ChainOf(hub.Generation)))) outbox.Writer.TryWrite(new() { DesiredIndex = hub.Index() });
                if (!hello.ReportDigest.Span.SequenceEqual(ReportDigests.Of(hub._reports.Values))) outbox.Writer.TryWrite(new() { ReportFull = new() });
            });
            var writing = WriteAsync(outbox, responseStream, context.CancellationToken);
            var reading = ReadAsync(requestStream, outbox, context.CancellationToken);
            var first = await Task.WhenAny(reading, writing);
            outbox.Writer.TryComplete();
            await first;
        }

        private async Task ReadAsync(IAsyncStreamReader<AgentMessage> stream, Channel<HubMessage> outbox, CancellationToken cancellationToken)
        {
            try
            {
                while (await stream.MoveNext(cancellationToken)) Take(stream.Current, outbox);
            }
            catch (Exception e) when (e is IOException or RpcException or OperationCanceledException or InvalidOperationException)
            {
                // The agent went away.
            }
        }

        private static async Task WriteAsync(Channel<HubMessage> outbox, IServerStreamWriter<HubMessage> stream, CancellationToken cancellationToken)
        {
            await foreach (var message in outbox.Reader.ReadAllAsync(cancellationToken)) await stream.WriteAsync(message, cancellationToken);
            throw new RpcException(new(StatusCode.Unavailable, "the session was ended"));
        }

        private void Take(AgentMessage message, Channel<HubMessage> outbox)
        {
            switch (message.MessageCase)
            {
                case AgentMessage.MessageOneofCase.NeedSpecs:
                    var specs = new Specs();
                    lock (hub._lock)
                    {
                        specs.Specs_.Add(message.NeedSpecs.SpecDigests.Where(hub._specs.ContainsKey).Select(d => new Specs.Types.Spec { Digest = d, Content = ByteString.CopyFrom(hub.OnSpec?.Invoke(hub._specs[d]) ?? hub._specs[d]) }));
                    }
                    if (message.NeedSpecs.Index) outbox.Writer.TryWrite(new() { DesiredIndex = hub.Index() });
                    if (specs.Specs_.Count > 0) outbox.Writer.TryWrite(new() { Specs = specs });
                    break;
                case AgentMessage.MessageOneofCase.DesiredAck:
                    hub.Note(() => hub.Acks.Add(message.DesiredAck));
                    break;
                case AgentMessage.MessageOneofCase.ReportDelta:
                    hub.Note(() =>
                    {
                        foreach (var report in message.ReportDelta.Reports) hub._reports[report.AssignmentUid] = report;
                        foreach (var uid in message.ReportDelta.Removed)
                        {
                            hub._reports.Remove(uid);
                            hub._tombstones.Remove(uid);
                            hub.RemovedReports.Add(uid);
                        }
                    });
                    outbox.Writer.TryWrite(new() { ReportAck = new() { Seq = message.ReportDelta.Seq } });
                    break;
                case AgentMessage.MessageOneofCase.ReportSnapshot:
                    hub.Note(() =>
                    {
                        foreach (var report in message.ReportSnapshot.Reports) hub._reports[report.AssignmentUid] = report;
                    });
                    outbox.Writer.TryWrite(new() { ReportAck = new() { Seq = message.ReportSnapshot.Seq } });
                    break;
                case AgentMessage.MessageOneofCase.CommandResult:
                    hub.Note(() => hub.Results.Add(message.CommandResult));
                    break;
                case AgentMessage.MessageOneofCase.Goodbye:
                    outbox.Writer.TryComplete();
                    break;
            }
        }
    }

    internal sealed class FakeContent(FakeHub hub) : ContentService.ContentServiceBase
    {
        public override async Task GetContent(GetContentRequest request, IServerStreamWriter<ContentPart> responseStream, ServerCallContext context)
        {
            hub.Note(() => hub.ContentRequests.Add(request));
            if (!hub.Git.Objects.ContainsKey(request.Commit)) throw new RpcException(new(StatusCode.NotFound, "the commit is not held"));
            var have = request.HaveCommit.Length > 0 ? hub.Git.Closure(request.HaveCommit).ToHashSet() : [];
            var oids = request.Want.Count > 0 ? request.Want.ToList() : [.. hub.Git.Closure(request.Commit).Where(o => !have.Contains(o))];
            var objects = new ContentObjects();
            objects.Objects.Add(oids.Select(hub.Git.Wire));
            var parts = new List<ContentPart> { new() { Objects = objects.ToByteString() } };
            foreach (var part in hub.OnContent?.Invoke(request, parts) ?? parts) await responseStream.WriteAsync(part, context.CancellationToken);
        }
    }
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Bench.Rig;
using Fleet.Cli;
using Fleet.Cli.Connection;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fleet.Bench.Sessions;

/// <summary>The least that a hub takes for an agent: enrolled, connected by mutual TLS, saying Hello and heartbeats, acknowledging what it is told.</summary>
internal sealed class LightSession : IAsyncDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(60);
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<AgentMessage, HubMessage> _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TimeSpan _heartbeat;
    private readonly Task _reading;
    private readonly Task _beating;

    private LightSession(GrpcChannel channel, AsyncDuplexStreamingCall<AgentMessage, HubMessage> call, Welcome welcome)
    {
        _channel = channel;
        _call = call;
        _heartbeat = welcome.HeartbeatInterval?.ToTimeSpan() ?? TimeSpan.FromSeconds(30);
        _reading = ReadAsync();
        _beating = BeatAsync();
    }

    public bool HasEnded => _reading.IsCompleted;

    public static async Task<LightSession> OpenAsync(HubOperator hub, string name, string token, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new EnrollRequest
        {
            Token = token,
            Csr = ByteString.CopyFrom(new CertificateRequest("CN=light", key, HashAlgorithmName.SHA256).CreateSigningRequest()),
            ClusterUid = Guid.NewGuid().ToString(),
            RequestId = Guid.NewGuid().ToString("N"),
            ClusterName = name,
            AgentVersion = "bench",
            KubernetesVersion = "v1.34.0",
        };
        var identity = await EnrollAsync(hub, request, cancellationToken);
        using var leaf = X509CertificateLoader.LoadCertificate(identity.Certificates[0].Span);
        X509Certificate2[] issuers = [.. identity.Certificates.Skip(1).Select(c => X509CertificateLoader.LoadCertificate(c.Span))];
        var channel = Channel(new Uri(identity.SessionEndpoints[0]), hub, SslStreamCertificateContext.Create(leaf.CopyWithPrivateKey(key), new X509Certificate2Collection(issuers), offline: true));
        return await ConnectAsync(channel, request, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_reading, _beating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _call.Dispose();
        _channel.Dispose();
        _stop.Dispose();
        _writing.Dispose();
    }

    /// <summary>A hub that is asked too often says when to come back: that is obeyed, as an agent does.</summary>
    private static async Task<Identity> EnrollAsync(HubOperator hub, EnrollRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var channel = Channel(hub.Address, hub, null);
            try
            {
                var answer = await new EnrollmentService.EnrollmentServiceClient(channel).EnrollAsync(request, deadline: Deadline(), cancellationToken: cancellationToken);
                return answer.Identity ?? throw new FailureException($"{request.ClusterName} was not enrolled: {answer.Pending?.Message}", ExitCodes.Failed);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(0.5 + Random.Shared.NextDouble()), cancellationToken);
            }
        }
    }

    private static async Task<LightSession> ConnectAsync(GrpcChannel channel, EnrollRequest enrolled, CancellationToken cancellationToken)
    {
        while (true)
        {
            var call = new AgentService.AgentServiceClient(channel).Connect();
            try
            {
                await call.RequestStream.WriteAsync(Hello(enrolled), cancellationToken);
                if (await call.ResponseStream.MoveNext(cancellationToken) && call.ResponseStream.Current.Welcome is { } welcome)
                {
                    return new LightSession(channel, call, welcome);
                }

                throw new FailureException($"{enrolled.ClusterName} was not welcome: {call.ResponseStream.Current?.Verdict?.Message}", ExitCodes.Failed);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                call.Dispose();
                await Task.Delay(TimeSpan.FromSeconds(0.5 + Random.Shared.NextDouble()), cancellationToken);
            }
        }
    }

    private static AgentMessage Hello(EnrollRequest enrolled) => new()
    {
        Hello = new Hello
        {
            ProtocolMin = 1,
            ProtocolMax = 1,
            BootId = enrolled.RequestId,
            ClusterUid = enrolled.ClusterUid,
            AgentVersion = enrolled.AgentVersion,
            KubernetesVersion = enrolled.KubernetesVersion,
            AgentTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
        },
    };

    private static GrpcChannel Channel(Uri address, HubOperator hub, SslStreamCertificateContext? client)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = CallLimit };
        handler.SslOptions.RemoteCertificateValidationCallback = HubTrust.ByCa(hub.CaPem);
        handler.SslOptions.ClientCertificateContext = client;
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + CallLimit;

    private async Task ReadAsync()
    {
        while (await _call.ResponseStream.MoveNext(_stop.Token))
        {
            switch (_call.ResponseStream.Current)
            {
                case { DesiredIndex: { More: false } index }:
                    await AcknowledgeAsync(index.Generation, index.Chain);
                    break;
                case { DesiredDelta: { More: false } delta }:
                    await AcknowledgeAsync(delta.Generation, delta.Chain);
                    break;
                case { Verdict: not null }:
                    return;
            }
        }
    }

    private async Task BeatAsync()
    {
        for (var sequence = 1UL; ; sequence++)
        {
            await Task.Delay(_heartbeat * (0.9 + (0.2 * Random.Shared.NextDouble())), _stop.Token);
            await WriteAsync(new AgentMessage { Heartbeat = new Heartbeat { Sequence = sequence, Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) } });
        }
    }

    private Task AcknowledgeAsync(ulong generation, ByteString chain) =>
        WriteAsync(new AgentMessage { DesiredAck = new DesiredAck { Generation = generation, Chain = chain, Stage = AckStage.Accepted } });

    private async Task WriteAsync(AgentMessage message)
    {
        await _writing.WaitAsync(_stop.Token);
        try
        {
            await _call.RequestStream.WriteAsync(message, _stop.Token);
        }
        finally
        {
            _writing.Release();
        }
    }
}

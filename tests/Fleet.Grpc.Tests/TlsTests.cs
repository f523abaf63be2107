using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Grpc.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task ClientCertificate_EveryCallKind_WorksAndTheHandlerKnowsThePeer()
    {
        var identities = new List<string>();
        await using var server = await StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                identities.Add(context.AuthContext.PeerIdentity.Single().Value);
                identities.Add(context.GetHttpContext().Connection.ClientCertificate!.GetNameInfo(X509NameType.SimpleName, false));
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        using var certificate = _certificates.Issue("agent-7", names => names.AddDnsName("agent-7.fleet"));
        var client = server.Client(Trusting(certificate));

        await client.UnaryAsync(new EchoRequest()).Soon();
        using var down = client.Down(new EchoRequest { Count = 2 });
        Assert.Equal(2, (await down.ResponseStream.ReadAllAsync().ToListAsync().AsTask().Soon()).Count);
        using var up = client.Up();
        await up.RequestStream.WriteAsync(new EchoRequest { Text = "u" }).Soon();
        await up.RequestStream.CompleteAsync();
        Assert.Equal("u", (await up.ResponseAsync.Soon()).Text);
        using var both = client.Both();
        await both.RequestStream.WriteAsync(new EchoRequest { Text = "b" }).Soon();
        Assert.True(await both.ResponseStream.MoveNext().Soon());

        Assert.Equal(["agent-7.fleet", "agent-7"], identities);
    }

    [Fact]
    public async Task ClientCertificate_Missing_IsUnavailableWithTheReason()
    {
        await using var server = await StartAsync(new EchoScript());
        await Patience.FailsAsync(StatusCode.Unavailable, () => server.Client(Trusting(null)).UnaryAsync(new EchoRequest()).ResponseAsync);
    }

    [Fact]
    public async Task ServerCertificate_NotTrusted_IsUnavailableAndNamesTls()
    {
        await using var server = await StartAsync(new EchoScript());
        var failure = await Patience.FailsAsync(StatusCode.Unavailable, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
        Assert.Contains("TLS", failure.Status.Detail);
    }

    [Fact]
    public async Task CallCredentials_OverTls_AreAddedAndNeverWithoutIt()
    {
        string? seen = null;
        var script = new EchoScript
        {
            Unary = (request, context) =>
            {
                seen = context.RequestHeaders.GetValue("authorization");
                return Task.FromResult(EchoScript.Answer(request));
            },
        };
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", $"Bearer {context.MethodName}");
            return Task.CompletedTask;
        });
        using var certificate = _certificates.Issue("agent", names => names.AddDnsName("agent"));
        await using var secure = await StartAsync(script);
        await using var plain = await EchoServer.StartAsync(script);

        await secure.Client(Trusting(certificate)).UnaryAsync(new EchoRequest(), new CallOptions(credentials: credentials)).Soon();
        await Patience.FailsAsync(StatusCode.Internal, () => plain.Client().UnaryAsync(new EchoRequest(), new CallOptions(credentials: credentials)).ResponseAsync);

        Assert.Equal("Bearer Unary", seen);
    }

    private Task<EchoServer> StartAsync(EchoScript script) => EchoServer.StartAsync(script, listen: listener => listener.UseHttps(https =>
    {
        https.ServerCertificate = _certificates.IssueForLoopback();
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) =>
        {
            using var chain = new X509Chain { ChainPolicy = _certificates.Trust() };
            return chain.Build(certificate);
        };
    }));

    private Action<GrpcChannelOptions> Trusting(X509Certificate2? certificate) => options => options.HttpHandler = new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = _certificates.Trust(),
            ClientCertificates = certificate is null ? null : [certificate],
        },
    };
}

using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.V1;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Cli.Tests;

/// <summary>A hub's API listener with canned answers, over real TLS with a CA of its own, and a fleetctl that knows it.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetctl-test-").FullName;

    private FakeHub(WebApplication app, FakeApi api, string caPem)
    {
        _app = app;
        Api = api;
        CaPem = caPem;
        CaFile = Path.Combine(_folder, "ca.pem");
        File.WriteAllText(CaFile, caPem);
    }

    public FakeApi Api { get; }

    public string CaPem { get; }

    public string CaFile { get; }

    public string Folder => _folder;

    public string Address { get; private set; } = "";

    public static async Task<FakeHub> StartAsync()
    {
        var (certificate, pem) = Certificate();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = HttpProtocols.Http1AndHttp2;
            l.UseHttps(certificate);
        }));
        var api = new FakeApi();
        builder.Services.AddSingleton(api);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<FakeApi>();
        app.MapGet("/ca.pem", () => Results.Text(pem));
        await app.StartAsync();
        var hub = new FakeHub(app, api, pem);
        hub.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return hub;
    }

    /// <summary>Runs fleetctl in this process against this hub.</summary>
    public Task<Run> CtlAsync(params string[] arguments) =>
        Run.OfAsync(["--hub", Address, "--key", "k", "--ca-file", CaFile, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static (X509Certificate2, string) Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hub", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return (X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null), made.ExportCertificatePem());
    }
}

/// <summary>What one run of fleetctl came to.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public static async Task<Run> OfAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await FleetCtl.RunAsync(arguments, output, error);
        return new Run(code, output.ToString(), error.ToString());
    }
}

internal sealed class FakeApi : FleetApi.FleetApiBase
{
    public List<Resource> Resources { get; } = [];

    public ApplyRequest? Applied { get; private set; }

    public DeleteRequest? Deleted { get; private set; }

    public string? Authorization { get; private set; }

    public Exception? Fail { get; set; }

    public override Task<ApplyResponse> Apply(ApplyRequest request, ServerCallContext context)
    {
        Applied = request;
        if (Fail is not null)
        {
            throw Fail;
        }

        var response = new ApplyResponse();
        response.Results.AddRange(Resources.Select(r => new ApplyResult { Resource = r, Action = "created" }));
        return Task.FromResult(response);
    }

    public override Task<Resource> Get(GetRequest request, ServerCallContext context) =>
        Task.FromResult(Resources.FirstOrDefault(r => Fleet.Cli.Output.ResourceJson.Meta(r).Name == request.Name)
            ?? throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, $"there is no {request.Kind} '{request.Name}'")));

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        Authorization = context.RequestHeaders.GetValue("authorization");
        if (Fail is not null)
        {
            throw Fail;
        }

        // Two pages, so that the paging is seen to work.
        var of = Resources.Where(r => Fleet.Cli.Output.ResourceJson.Kind(r) == request.Kind).ToArray();
        var skip = request.PageToken.Length > 0 ? 1 : 0;
        var response = new ListResponse { NextPageToken = skip == 0 && of.Length > 1 ? "1" : "" };
        response.Items.AddRange(skip == 0 ? of.Take(1) : of.Skip(1));
        return Task.FromResult(response);
    }

    public override Task<DeleteResponse> Delete(DeleteRequest request, ServerCallContext context)
    {
        Deleted = request;
        return request.Confirm == request.Name
            ? Task.FromResult(new DeleteResponse { Message = "4 objects in 2 clusters are being removed" })
            : throw new RpcException(new Grpc.Core.Status(StatusCode.FailedPrecondition, "Deleting the Assignment 'web' removes 4 objects in 2 clusters."));
    }

    public override Task<VersionResponse> GetVersion(GetVersionRequest request, ServerCallContext context) =>
        context.RequestHeaders.GetValue("authorization") == "Bearer good"
            ? Task.FromResult(new VersionResponse { Version = "9.9.9", Database = "SQLite", ProtocolMin = 1, ProtocolMax = 1 })
            : throw new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "the API key is not known"));

    public ReleaseHoldRequest? Settled { get; private set; }

    public SuspendRequest? Suspended { get; private set; }

    public DecommissionClusterRequest? Decommissioned { get; private set; }

    public override Task<ReleaseHoldResponse> ReleaseHold(ReleaseHoldRequest request, ServerCallContext context)
    {
        Settled = request;
        return Task.FromResult(new ReleaseHoldResponse { Message = "done" });
    }

    public override Task<Resource> Suspend(SuspendRequest request, ServerCallContext context)
    {
        Suspended = request;
        return Task.FromResult(new Resource { Cluster = new Cluster() });
    }

    public override Task<Resource> Resume(ResumeRequest request, ServerCallContext context) => Task.FromResult(new Resource { Cluster = new Cluster() });

    public override Task<DecommissionClusterResponse> DecommissionCluster(DecommissionClusterRequest request, ServerCallContext context)
    {
        Decommissioned = request;
        return request.Confirm == request.Name
            ? Task.FromResult(new DecommissionClusterResponse { Message = "it is being decommissioned" })
            : throw new RpcException(new Grpc.Core.Status(StatusCode.FailedPrecondition, "Decommissioning cluster prod-1 lets go of its 2 Assignments."));
    }

    public override Task<AuthoritiesResponse> GetAuthorities(GetAuthoritiesRequest request, ServerCallContext context) => Task.FromResult(Authorities());

    public override Task<AuthoritiesResponse> RollAuthority(RollAuthorityRequest request, ServerCallContext context) => Task.FromResult(Authorities());

    public override Task<AuthoritiesResponse> FinishAuthorityRoll(FinishAuthorityRollRequest request, ServerCallContext context) => request.Confirm
        ? Task.FromResult(Authorities())
        : throw new RpcException(new Grpc.Core.Status(StatusCode.FailedPrecondition, "1 clusters have not been given the new authority yet"));

    private static AuthoritiesResponse Authorities() => new()
    {
        Authorities = { new Authority { Id = "1", Role = "Active", Pin = "sha256:aa" } },
        Message = "A roll is under way.",
        Behind = { "prod-1" },
        BehindCount = 1,
    };

    public static RpcException Invalid(params (string Field, string Description)[] violations)
    {
        var bad = new BadRequest();
        bad.FieldViolations.AddRange(violations.Select(v => new BadRequest.Types.FieldViolation { Field = v.Field, Description = v.Description }));
        return new Google.Rpc.Status { Code = (int)StatusCode.InvalidArgument, Message = "invalid", Details = { Google.Protobuf.WellKnownTypes.Any.Pack(bad) } }.ToRpcException();
    }
}

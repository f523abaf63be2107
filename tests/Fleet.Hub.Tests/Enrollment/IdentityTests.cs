using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Enrollment;
using Fleet.V1;
using Fleet.Testing.Time;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Enrollment;

public sealed class IdentityTests
{
    [Fact]
    public async Task AgentsListener_NoCertificate_NoHandshake()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Agents(null).RenewAsync(new RenewRequest()));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
    }

    [Fact]
    public async Task AgentsListener_CertificateOfAnotherHub_NoHandshake()
    {
        await using var hub = await TestHub.StartAsync();
        await using var other = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(other, await other.TokenAsync());
        Assert.Equal(StatusCode.Unavailable, await agent.KnockAsync(hub));
    }

    [Fact]
    public async Task AgentsListener_SelfSignedWithARealSpiffeId_NoHandshake()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fake", key, HashAlgorithmName.SHA256);
        using (var real = agent.Leaf)
        {
            request.CertificateExtensions.Add(real.Extensions["2.5.29.17"]!);
        }

        using var fake = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        Assert.Equal(StatusCode.Unavailable, await agent.KnockAsync(hub, fake));
    }

    [Fact]
    public async Task AgentsListener_TheHubsOwnServerCertificate_IsNoAgent()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        using var server = hub.Host.Services.GetRequiredService<HubIdentity>().Authority.IssueServer(["localhost"], DateTimeOffset.UtcNow);
        Assert.Equal(StatusCode.Unavailable, await agent.KnockAsync(hub, server));
    }

    [Fact]
    public async Task Listeners_CallsOfTheOther_AreNotServed()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync(uses: 2));
        using var certificate = agent.Certificate();
        var api = new FleetApi.FleetApiClient(hub.Channel(hub.Host.AgentsAddress, hub.AdminKey, certificate));
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await api.GetVersionAsync(new GetVersionRequest()))).StatusCode);
        var agents = new AgentService.AgentServiceClient(hub.Channel(hub.Host.ApiAddress, hub.AdminKey, certificate));
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await agents.RenewAsync(new RenewRequest()))).StatusCode);
    }

    [Fact]
    public async Task Revoke_Identity_RefusedAtOnceAndAfterARestoreFromBefore()
    {
        var folder = TestHub.NewFolder();
        var backup = folder + "-backup";
        try
        {
            using var agent = new TestAgent();
            string[] files = ["fleet.db", "fleet.db-wal", "fleet.db-shm"];
            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                await agent.EnrollAsync(hub, await hub.TokenAsync());
            }

            Directory.CreateDirectory(backup);
            foreach (var file in files.Where(f => File.Exists(Path.Combine(folder, f))))
            {
                File.Copy(Path.Combine(folder, file), Path.Combine(backup, file));
            }

            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                Assert.Null(await agent.KnockAsync(hub));
                Assert.Equal("Revoked", (await hub.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = agent.Name })).Status.State);
                Assert.NotNull(await agent.KnockAsync(hub));
                var again = await Assert.ThrowsAsync<RpcException>(async () => await agent.EnrollAsync(hub, await hub.TokenAsync()));
                Assert.Equal("CLUSTER_REVOKED", EnrollmentTests.Reason(again));
                var approve = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.ApproveClusterAsync(new ApproveClusterRequest { Name = agent.Name }));
                Assert.Equal(StatusCode.FailedPrecondition, approve.StatusCode);
            }

            foreach (var file in files)
            {
                File.Delete(Path.Combine(folder, file));
            }

            foreach (var file in Directory.GetFiles(backup))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                Assert.Equal("Revoked", (await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = agent.Name })).Cluster.Status.State);
                Assert.NotNull(await agent.KnockAsync(hub));

                // The file lies where it lay, with the same epoch inside: only the mark beside it tells that it is an older one.
                Assert.Null((await hub.Api.GetAsync(new GetRequest { Kind = "Incident", Name = "lineage" })).Incident.ReleasedTime);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(backup, recursive: true);
        }
    }

    [Fact]
    public async Task Remove_Cluster_IdentityEndsAndUidMayEnrollAnew()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var unconfirmed = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DeleteAsync(new DeleteRequest { Kind = "cluster", Name = agent.Name }));
        Assert.Equal(StatusCode.FailedPrecondition, unconfirmed.StatusCode);
        await hub.Api.DeleteAsync(new DeleteRequest { Kind = "cluster", Name = agent.Name, Confirm = agent.Name });
        Assert.NotNull(await agent.KnockAsync(hub));
        var first = agent.Identity!.ClusterId;
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        Assert.NotEqual(first, agent.Identity!.ClusterId);
        Assert.Null(await agent.KnockAsync(hub));
    }

    [Fact]
    public async Task Renew_NextKey_BoundWhenFirstUsed()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        using var before = agent.Certificate();
        var issuer = hub.Host.Services.GetRequiredService<IdentityIssuer>();
        var caller = new AgentIdentity(agent.Identity!.ClusterId, agent.KeyHash);
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var renewed = await issuer.RenewAsync(caller, new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(next)) }, default);

        // Announced only: the old key is good until the next one is used.
        Assert.Null(await agent.KnockAsync(hub, before));
        using var after = agent.Certificate(next, renewed.Identity.Certificates[0].ToByteArray());
        Assert.Null(await agent.KnockAsync(hub, after));
        Assert.Equal(StatusCode.Unauthenticated, await agent.KnockAsync(hub, before));
        Assert.Null(await agent.KnockAsync(hub, after));
    }

    [Fact]
    public async Task Recover_BoundKey_NewCertificate()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var challenge = await BeginAsync(hub, agent);
        var identity = (await hub.Enrollment.RecoverAsync(Answer(agent, challenge, agent.Key))).Identity;
        Assert.Equal(agent.Identity!.ClusterId, identity.ClusterId);
        using var certificate = agent.Certificate(leaf: identity.Certificates[0].ToByteArray());
        Assert.Null(await agent.KnockAsync(hub, certificate));
    }

    [Fact]
    public async Task Recover_SameChallengeTwice_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var answer = Answer(agent, await BeginAsync(hub, agent), agent.Key);
        await hub.Enrollment.RecoverAsync(answer);
        Assert.Equal("CHALLENGE_UNKNOWN", await FailAsync(hub, answer));
    }

    [Fact]
    public async Task Recover_WrongSignature_RefusedAndChallengeUsedUp()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var challenge = await BeginAsync(hub, agent);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal("KEY_NOT_BOUND", await FailAsync(hub, Answer(agent, challenge, stranger)));
        Assert.Equal("CHALLENGE_UNKNOWN", await FailAsync(hub, Answer(agent, challenge, agent.Key)));
    }

    [Fact]
    public async Task Recover_AfterSixtySeconds_Refused()
    {
        var clock = new ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var answer = Answer(agent, await BeginAsync(hub, agent), agent.Key);
        clock.Shift = TimeSpan.FromSeconds(61);
        Assert.Equal("CHALLENGE_UNKNOWN", await FailAsync(hub, answer));
    }

    [Fact]
    public async Task Recover_RevokedCluster_NoChallenge()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        await hub.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = agent.Name });
        var e = await Assert.ThrowsAsync<RpcException>(() => BeginAsync(hub, agent));
        Assert.Equal("KEY_NOT_BOUND", EnrollmentTests.Reason(e));
    }

    [Fact]
    public async Task Lineage_AnotherPhysicalDatabase_TokensVoidAndRecoverSuspendedUntilReleased()
    {
        var folder = TestHub.NewFolder();
        try
        {
            using var agent = new TestAgent();
            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                await agent.EnrollAsync(hub, await hub.TokenAsync());
                await hub.Api.CreateTokenAsync(new CreateTokenRequest { Name = "open" });
            }

            // What tells a copied-back file from the one that was there lies beside it.
            File.Delete(Path.Combine(folder, "fleet.db.id"));
            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                var incident = (await hub.Api.GetAsync(new GetRequest { Kind = "Incident", Name = "lineage" })).Incident;
                Assert.Null(incident.ReleasedTime);
                Assert.Equal("Revoked", (await hub.Api.GetAsync(new GetRequest { Kind = "EnrollmentToken", Name = "open" })).EnrollmentToken.Status.State);
                var e = await Assert.ThrowsAsync<RpcException>(() => BeginAsync(hub, agent));
                Assert.Equal((StatusCode.Unavailable, "RECOVERY_SUSPENDED"), (e.StatusCode, EnrollmentTests.Reason(e)));
                Assert.NotNull((await hub.Api.ReleaseIncidentAsync(new ReleaseIncidentRequest { Name = "lineage" })).ReleasedTime);
                await BeginAsync(hub, agent);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<RecoverChallenge> BeginAsync(TestHub hub, TestAgent agent) => await hub.Enrollment.BeginRecoverAsync(
        new BeginRecoverRequest { ClusterId = agent.Identity!.ClusterId, KeyHash = ByteString.CopyFrom(agent.KeyHash) });

    private static RecoverRequest Answer(TestAgent agent, RecoverChallenge challenge, ECDsa signer) => new()
    {
        ChallengeId = challenge.ChallengeId,
        Csr = ByteString.CopyFrom(TestAgent.Csr(agent.Key)),
        Signature = ByteString.CopyFrom(signer.SignHash(IdentityProofs.Recover(challenge.HubId, agent.Identity!.ClusterId, challenge.Nonce.Span), DSASignatureFormat.Rfc3279DerSequence)),
    };

    private static async Task<string?> FailAsync(TestHub hub, RecoverRequest request) =>
        EnrollmentTests.Reason(await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.RecoverAsync(request)));
}

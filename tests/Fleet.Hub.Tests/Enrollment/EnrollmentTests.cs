using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.V1;
using Fleet.Testing.Time;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Tests.Enrollment;

public sealed class EnrollmentTests
{
    [Fact]
    public async Task Enroll_GoodToken_IdentityMintedByTheHub()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        var response = await agent.EnrollAsync(hub, await hub.TokenAsync("prod-*", change: s => s.Labels["env"] = "prod"));
        var identity = response.Identity;
        Assert.Equal("prod-1", identity.ClusterName);
        Assert.Equal(hub.Host.AgentsAddress, new Uri(identity.SessionEndpoints[0]));

        using var leaf = agent.Leaf;
        Assert.Equal(agent.Key.ExportSubjectPublicKeyInfo(), leaf.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Contains($"spiffe://{identity.TrustDomain}/cluster/{identity.ClusterId}", System.Text.Encoding.ASCII.GetString(leaf.Extensions["2.5.29.17"]!.RawData), StringComparison.Ordinal);
        var age = DateTime.UtcNow - leaf.NotBefore.ToUniversalTime();
        Assert.InRange(age.TotalHours, -0.1, 2.1);
        Assert.InRange((leaf.NotAfter.ToUniversalTime() - DateTime.UtcNow).TotalHours, 23.8, 24.1);
        Assert.InRange(identity.RenewAfter.ToTimeSpan().TotalHours, 12, 15.85);

        var cluster = (await hub.Api.GetAsync(new GetRequest { Kind = "cluster", Name = "prod-1" })).Cluster;
        Assert.Equal(("NeverConnected", "prod", agent.Uid), (cluster.Status.State, cluster.Metadata.Labels["env"], cluster.Status.ClusterUid));
        Assert.Equal(identity.ClusterId, cluster.Metadata.Uid);
        Assert.Null(await agent.KnockAsync(hub));
    }

    [Fact]
    public async Task Enroll_LostAnswer_SameKeyGetsItAgainAndBurnsNothing()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        var token = await hub.TokenAsync();
        var first = await agent.EnrollAsync(hub, token);
        var second = await agent.EnrollAsync(hub, token);
        Assert.Equal(first.Identity.ClusterId, second.Identity.ClusterId);
        var item = Assert.Single((await hub.Api.ListAsync(new ListRequest { Kind = "enrollmenttokens" })).Items);
        Assert.Equal(("UsedUp", 1), (item.EnrollmentToken.Status.State, item.EnrollmentToken.Status.Used));
        Assert.Equal(["prod-1"], item.EnrollmentToken.Status.Clusters);
    }

    [Fact]
    public async Task Enroll_WrongToken_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync();
        foreach (var wrong in new[] { "", "nonsense", "abcdef.secret", token[..^1] + (token[^1] == 'A' ? 'B' : 'A') })
        {
            await RefusedAsync(hub, new TestAgent(), wrong, StatusCode.Unauthenticated, "TOKEN_UNKNOWN");
        }
    }

    [Fact]
    public async Task Enroll_ExpiredToken_Refused()
    {
        var clock = new ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        var token = await hub.TokenAsync(change: s => s.Ttl = "10m");
        clock.Shift = TimeSpan.FromMinutes(11);
        await RefusedAsync(hub, new TestAgent(), token, StatusCode.Unauthenticated, "TOKEN_EXPIRED");
    }

    [Fact]
    public async Task Enroll_UsedUpToken_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync();
        await new TestAgent("prod-1").EnrollAsync(hub, token);
        await RefusedAsync(hub, new TestAgent("prod-2"), token, StatusCode.Unauthenticated, "TOKEN_USED_UP");
    }

    [Fact]
    public async Task Enroll_RevokedToken_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var created = await hub.Api.CreateTokenAsync(new CreateTokenRequest { Name = "t" });
        await hub.Api.RevokeTokenAsync(new RevokeTokenRequest { Name = "t" });
        await RefusedAsync(hub, new TestAgent(), created.Secret, StatusCode.Unauthenticated, "TOKEN_REVOKED");
    }

    [Fact]
    public async Task Enroll_TokenForAnotherName_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        await RefusedAsync(hub, new TestAgent("staging-1"), await hub.TokenAsync("prod-*"), StatusCode.PermissionDenied, "NAME_NOT_ALLOWED");
    }

    [Fact]
    public async Task Enroll_NameOfAnotherCluster_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync(uses: 5);
        await new TestAgent().EnrollAsync(hub, token);
        await RefusedAsync(hub, new TestAgent(), token, StatusCode.AlreadyExists, "NAME_TAKEN");
    }

    [Fact]
    public async Task Enroll_CopiedKeyInAnotherCluster_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync(uses: 5);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, token);
        var request = agent.Request(token);
        request.ClusterUid = "another";
        request.ClusterName = "prod-2";
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.EnrollAsync(request));
        Assert.Equal("KEY_IN_USE", Reason(e));
    }

    [Fact]
    public async Task Enroll_ApprovalRequired_PendingUntilApproved()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        var token = await hub.TokenAsync(change: s => s.RequireApproval = true);
        var pending = await agent.EnrollAsync(hub, token);
        Assert.Contains("fleetctl clusters approve prod-1", pending.Pending.Message, StringComparison.Ordinal);
        Assert.Equal("PendingApproval", (await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = "prod-1" })).Cluster.Status.State);

        var approved = await hub.Api.ApproveClusterAsync(new ApproveClusterRequest { Name = "prod-1" });
        Assert.Equal("NeverConnected", approved.Status.State);
        await agent.EnrollAsync(hub, token);
        Assert.Null(await agent.KnockAsync(hub));
    }

    [Fact]
    public async Task Enroll_StrangerNamesAKnownClusterUid_OnlyPendingAndOldAgentGoesOn()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync(uses: 5);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, token);
        using var stranger = new TestAgent(agent.Name, agent.Uid);
        Assert.NotNull((await stranger.EnrollAsync(hub, token)).Pending);
        Assert.Null(await agent.KnockAsync(hub));
        var cluster = (await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = agent.Name })).Cluster;
        Assert.Contains(cluster.Status.Conditions, c => c.Type == "KeyPending");

        // An operator's approval makes it the one key, and ends the old one.
        await hub.Api.ApproveClusterAsync(new ApproveClusterRequest { Name = agent.Name });
        await stranger.EnrollAsync(hub, token);
        Assert.Null(await stranger.KnockAsync(hub));
        Assert.Equal(StatusCode.Unauthenticated, await agent.KnockAsync(hub));
    }

    [Fact]
    public async Task Enroll_NewKeyProvenWithTheOld_ReboundAtOnce()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync(uses: 5);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, token);
        using var before = agent.Certificate();
        using var old = agent.NewKey();
        Assert.NotNull((await agent.EnrollAsync(hub, token, old)).Identity);
        Assert.Null(await agent.KnockAsync(hub));
        Assert.Equal(StatusCode.Unauthenticated, await agent.KnockAsync(hub, before));
    }

    [Fact]
    public async Task Enroll_ProofForAnotherRequest_OnlyPending()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync(uses: 5);
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, token);
        using var old = agent.NewKey();
        var request = agent.Request(token);
        request.OldKeyProof = ByteString.CopyFrom(old.SignHash(IdentityProofs.Rekey(agent.Uid, TestAgent.Csr(old)), DSASignatureFormat.Rfc3279DerSequence));
        Assert.NotNull((await hub.Enrollment.EnrollAsync(request)).Pending);
    }

    public static TheoryData<string, byte[]> BadRequests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        var good = TestAgent.Csr(key);
        var forged = good.ToArray();
        forged[^1] ^= 1;
        return new()
        {
            { "nothing", [] },
            { "noise", [1, 2, 3] },
            { "forged signature", forged },
            { "bytes behind the end", [.. good, 0] },
            { "P-384", TestAgent.Csr(p384) },
            { "RSA", new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest() },
            { "too large", new byte[20_000] },
        };
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Enroll_CsrWithoutProofOfP256Key_Refused(string what, byte[] csr)
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        var request = agent.Request(await hub.TokenAsync());
        request.Csr = ByteString.CopyFrom(csr);
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.EnrollAsync(request));
        Assert.True(e.StatusCode == StatusCode.InvalidArgument && Reason(e) == "CSR_INVALID", $"{what}: {e.Status}");
    }

    [Fact]
    public async Task Enroll_CsrAsksForAnotherIdentity_OnlyItsKeyIsTaken()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        var csr = new CertificateRequest("CN=admin", agent.Key, HashAlgorithmName.SHA256);
        csr.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://evil/cluster/x"));
        names.AddDnsName("hub.example.com");
        csr.CertificateExtensions.Add(names.Build());
        var request = agent.Request(await hub.TokenAsync());
        request.Csr = ByteString.CopyFrom(csr.CreateSigningRequest());
        var identity = (await hub.Enrollment.EnrollAsync(request)).Identity;
        using var leaf = X509CertificateLoader.LoadCertificate(identity.Certificates[0].ToByteArray());
        Assert.DoesNotContain("admin", leaf.Subject, StringComparison.Ordinal);
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        var san = System.Text.Encoding.ASCII.GetString(leaf.Extensions["2.5.29.17"]!.RawData);
        Assert.DoesNotContain("evil", san, StringComparison.Ordinal);
        Assert.DoesNotContain("example", san, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enroll_ManyTriesWithOneToken_SlowedDownWithRetryInfo()
    {
        await using var hub = await TestHub.StartAsync();
        RpcException? limited = null;
        for (var i = 0; i < 60 && limited is null; i++)
        {
            using var agent = new TestAgent();
            var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.EnrollAsync(agent.Request("abcdef.guess" + i)));
            limited = e.StatusCode == StatusCode.ResourceExhausted ? e : null;
        }

        Assert.NotNull(limited);
        Assert.True(limited.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    private static async Task RefusedAsync(TestHub hub, TestAgent agent, string token, StatusCode code, string reason)
    {
        using (agent)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => agent.EnrollAsync(hub, token));
            Assert.Equal((code, reason), (e.StatusCode, Reason(e)));
            Assert.True(e.Status.Detail.Length > 40, e.Status.Detail);
        }
    }

    internal static string? Reason(RpcException e) => e.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;
}

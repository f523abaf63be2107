using System.Security.Cryptography;
using Fleet.Hub.Enrollment;
using Fleet.Testing.Time;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Hub.Tests.Enrollment;

/// <summary>Attacks on identities, each by its name.</summary>
public sealed class AttackTests
{
    private static async Task<TestAgent> EnrolledAsync(TestHub hub, string name)
    {
        var agent = new TestAgent(name);
        await agent.EnrollAsync(hub, await hub.TokenAsync(name));
        return agent;
    }

    [Fact]
    public async Task ForgedRenewal_WithTheKeyOfAnotherCluster_IsRefused()
    {
        await using var hub = await TestHub.StartAsync();
        using var victim = await EnrolledAsync(hub, "victim");
        using var attacker = await EnrolledAsync(hub, "attacker");

        // Whatever the request says, the identity is that of the connection; and a key that is another's is not bound twice.
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Agents(attacker.Certificate()).RenewAsync(
            new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(victim.Key, "CN=victim")) }));
        Assert.Equal("KEY_IN_USE", EnrollmentTests.Reason(e));
        Assert.Null(await victim.KnockAsync(hub));
    }

    [Fact]
    public async Task ForgedRenewal_NamingAnotherCluster_GetsTheCallersOwnIdentity()
    {
        await using var hub = await TestHub.StartAsync();
        using var victim = await EnrolledAsync(hub, "victim");
        using var attacker = await EnrolledAsync(hub, "attacker");
        var renewed = await hub.Agents(attacker.Certificate()).RenewAsync(new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(attacker.Key, "CN=" + victim.Identity!.ClusterId)) });
        Assert.Equal(attacker.Identity!.ClusterId, renewed.Identity.ClusterId);
    }

    [Fact]
    public async Task TokenReplay_ByAnotherClusterWithAnotherKey_IsRefusedAndBurnsNothing()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.TokenAsync();
        using var first = new TestAgent("one");
        await first.EnrollAsync(hub, token);
        using var thief = new TestAgent("two");
        var e = await Assert.ThrowsAsync<RpcException>(() => thief.EnrollAsync(hub, token));
        Assert.Equal("TOKEN_USED_UP", EnrollmentTests.Reason(e));

        // The one that it was for may repeat its call as often as answers get lost.
        await first.EnrollAsync(hub, token);
        Assert.Null(await first.KnockAsync(hub));
    }

    [Fact]
    public async Task StolenKey_IsGoodUntilRevoked_AndThenForNobody()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = await EnrolledAsync(hub, "prod-1");
        using var stolen = agent.Certificate();
        Assert.Null(await agent.KnockAsync(hub, stolen));
        await hub.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = "prod-1" });
        Assert.NotNull(await agent.KnockAsync(hub, stolen));

        // Neither a certificate of before, nor a new one by recovery or renewal.
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.BeginRecoverAsync(
            new BeginRecoverRequest { ClusterId = agent.Identity!.ClusterId, KeyHash = ByteString.CopyFrom(agent.KeyHash) }));
        Assert.Equal("KEY_NOT_BOUND", EnrollmentTests.Reason(e));
    }

    [Fact]
    public async Task StolenKey_OwnerRenewsToANextKey_TheOldOneEndsWithItsFirstUse()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = await EnrolledAsync(hub, "prod-1");
        using var stolen = agent.Certificate();
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var renewed = await hub.Agents(stolen).RenewAsync(new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(next)) });
        using var good = agent.Certificate(next, renewed.Identity.Certificates[0].ToByteArray());
        Assert.Null(await agent.KnockAsync(hub, good));
        Assert.Equal(StatusCode.Unauthenticated, await agent.KnockAsync(hub, stolen));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task ClockSkew_HubIsAnHourOff_ChangesNothing(int hours)
    {
        var clock = new ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        using var before = await EnrolledAsync(hub, "before");
        clock.Shift = TimeSpan.FromHours(hours);
        Assert.Null(await before.KnockAsync(hub));
        using var after = await EnrolledAsync(hub, "after");
        clock.Shift = TimeSpan.Zero;
        Assert.Null(await after.KnockAsync(hub));
        await hub.Agents(after.Certificate()).RenewAsync(new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(after.Key)) });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task ClockSkew_AgentIsAnHourOff_ItsCertificateAndTheHubsAreGood(int hours)
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = await EnrolledAsync(hub, "prod-1");
        using var leaf = agent.Leaf;
        var there = DateTime.Now.AddHours(hours);
        Assert.InRange(there, leaf.NotBefore, leaf.NotAfter);
        var server = hub.Host.Services.GetService(typeof(Fleet.Hub.Hosting.ServerCertificates)) as Fleet.Hub.Hosting.ServerCertificates;
        using var shown = server!.Select(Fleet.Hub.Hosting.HubListener.Agents, null);
        Assert.InRange(there, shown.NotBefore, shown.NotAfter);
        Assert.InRange(there, hub.Host.Services.GetService(typeof(HubIdentity)) is HubIdentity hubIdentity ? hubIdentity.Authority.Certificate.NotBefore : default, shown.NotAfter);

        // Renewal goes by age: the hub says so as a duration, and never as a time.
        Assert.InRange(agent.Identity!.RenewAfter.ToTimeSpan(), TimeSpan.FromHours(12), TimeSpan.FromHours(15.9));
    }

    [Fact]
    public void Limits_OneAddress_IsSlowedDownBeforeAnyDatabaseWork_AndOthersAreNot()
    {
        var clock = new ManualTime();
        var limits = new EnrollmentLimits(clock);
        var taken = 0;
        var refused = Assert.Throws<RpcException>(() =>
        {
            for (; taken < 1_000; taken++)
            {
                limits.Address("10.0.0.1");
            }
        });
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(200, taken);
        limits.Address("10.0.0.2");
        clock.Advance(TimeSpan.FromSeconds(1));
        limits.Address("10.0.0.1");
    }

    [Fact]
    public void Limits_OneToken_IsTight_WhateverAddressItComesFrom()
    {
        var limits = new EnrollmentLimits(new ManualTime());
        for (var i = 0; i < 30; i++)
        {
            limits.Address($"10.0.0.{i}");
            limits.Subject("token a");
        }

        Assert.Throws<RpcException>(() => limits.Subject("token a"));
        limits.Subject("token b");
    }
}

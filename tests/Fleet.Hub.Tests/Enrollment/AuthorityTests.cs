using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Enrollment;
using Fleet.Testing.Time;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Enrollment;

/// <summary>Rolling the hub's certificate authority: nobody is shut out who was not named.</summary>
public sealed class AuthorityTests
{
    private static async Task RenewAsync(TestHub hub, TestAgent agent) => agent.Take((await hub.Agents(agent.Certificate()).RenewAsync(new RenewRequest { Csr = ByteString.CopyFrom(TestAgent.Csr(agent.Key)) })).Identity);

    private static async Task<AuthoritiesResponse> StatusAsync(TestHub hub) => await hub.Api.GetAuthoritiesAsync(new GetAuthoritiesRequest());

    private static string Issuer(TestAgent agent)
    {
        using var leaf = agent.Leaf;
        return Convert.ToHexString(leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.Span);
    }

    [Fact]
    public async Task Roll_NextIsInTheBundlesFirst_ThenSigns_AndTheOldGoesWhenAllHaveIt()
    {
        var clock = new ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        hub.ClientClock = clock;
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        var (oldPin, oldIssuer) = (hub.Host.CaPin, Issuer(agent));

        var announced = await hub.Api.RollAuthorityAsync(new RollAuthorityRequest());
        Assert.Equal(["Active", "Next"], announced.Authorities.Select(ca => ca.Role).Order());
        Assert.Equal([agent.Name], announced.Behind);
        clock.Shift = TimeSpan.FromSeconds(2);
        await RenewAsync(hub, agent);
        Assert.Equal(2, agent.Identity!.CaBundle.Count);
        Assert.Equal(oldIssuer, Issuer(agent));
        Assert.Empty((await StatusAsync(hub)).Behind);
        var rolls = hub.Host.Services.GetRequiredService<AuthorityRolls>();
        Assert.False(await rolls.StepAsync(default));

        // A day later the new one signs, by itself; the server certificate is still of the old one.
        clock.Shift = TimeSpan.FromHours(25);
        Assert.True(await rolls.StepAsync(default));
        await hub.TakeAuthoritiesAsync();
        clock.Shift += TimeSpan.FromSeconds(2);
        using var late = new TestAgent("prod-2");
        await late.EnrollAsync(hub, await hub.TokenAsync());
        Assert.NotEqual(oldIssuer, Issuer(late));
        Assert.Equal(oldPin, hub.Host.CaPin);
        Assert.Equal([agent.Name], (await StatusAsync(hub)).Behind);
        Assert.False(await rolls.StepAsync(default));

        // The first agent was away for two days: its certificate is over, and the old authority is all that it trusts.
        clock.Shift = TimeSpan.FromHours(25 + 49);
        Assert.False(await rolls.StepAsync(default));
        await RecoverAsync(hub, agent);
        Assert.NotEqual(oldIssuer, Issuer(agent));
        Assert.Null(await agent.KnockAsync(hub));
        late.Take((await RecoverAsync(hub, late))!);
        Assert.Empty((await StatusAsync(hub)).Behind);

        Assert.True(await rolls.StepAsync(default));
        await hub.TakeAuthoritiesAsync();
        Assert.NotEqual(oldPin, hub.Host.CaPin);
        Assert.Single((await StatusAsync(hub)).Authorities);
        Assert.Null(await agent.KnockAsync(hub));
        var audit = (await hub.Api.ListAsync(new ListRequest { Kind = "AuditEvent" })).Items.Select(i => i.AuditEvent.Action).ToArray();
        Assert.Superset(new HashSet<string> { "ca.roll", "ca.activate", "ca.finish" }, audit.ToHashSet());
    }

    [Fact]
    public async Task Finish_BeforeItsTime_NamesWhoWouldBeShutOut_AndNeedsConfirmation()
    {
        await using var hub = await TestHub.StartAsync();
        using var agent = new TestAgent();
        await agent.EnrollAsync(hub, await hub.TokenAsync());
        await hub.Api.RollAuthorityAsync(new RollAuthorityRequest { Now = true });

        // Its certificate is of the old authority, and good as long as that is trusted.
        Assert.Null(await agent.KnockAsync(hub));
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.FinishAuthorityRollAsync(new FinishAuthorityRollRequest()));
        Assert.Equal("OVERLAP", EnrollmentTests.Reason(e));
        Assert.Contains(agent.Name, e.Status.Detail, StringComparison.Ordinal);

        var oldTrust = hub.Host.CaPem;
        Assert.Single((await hub.Api.FinishAuthorityRollAsync(new FinishAuthorityRollRequest { Confirm = true })).Authorities);
        Assert.NotNull(await agent.KnockAsync(hub));

        // The new server certificate is good for whoever had both in his bundle, and for nobody else.
        var both = new FleetApi.FleetApiClient(hub.Channel(hub.Host.ApiAddress, hub.AdminKey, null, oldTrust));
        await both.GetVersionAsync(new GetVersionRequest());
        var old = new FleetApi.FleetApiClient(hub.Channel(hub.Host.ApiAddress, hub.AdminKey, null, FirstOf(oldTrust)));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await old.GetVersionAsync(new GetVersionRequest()))).StatusCode);
    }

    [Fact]
    public async Task Roll_Twice_IsRefused_AndOutlivesARestart()
    {
        var folder = TestHub.NewFolder();
        try
        {
            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                await hub.Api.RollAuthorityAsync(new RollAuthorityRequest { Now = true });
                var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.RollAuthorityAsync(new RollAuthorityRequest()));
                Assert.Equal("ROLL_UNDER_WAY", EnrollmentTests.Reason(e));
            }

            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                Assert.Equal(["Active", "Retiring"], (await StatusAsync(hub)).Authorities.Select(ca => ca.Role).Order());
                Assert.Equal(2, File.ReadAllText(Path.Combine(folder, "ca.pem")).Split("BEGIN").Length - 1);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string FirstOf(string pem) => pem[..(pem.IndexOf("-----END CERTIFICATE-----", StringComparison.Ordinal) + 26)];

    // Over a connection that trusts the old authority alone, as an agent does that was away all the time.
    private static async Task<Identity?> RecoverAsync(TestHub hub, TestAgent agent)
    {
        var client = new EnrollmentService.EnrollmentServiceClient(hub.Channel(hub.Host.ApiAddress, null, null, FirstOf(hub.Host.CaPem)));
        var challenge = await client.BeginRecoverAsync(new BeginRecoverRequest { ClusterId = agent.Identity!.ClusterId, KeyHash = ByteString.CopyFrom(agent.KeyHash) });
        var recovered = await client.RecoverAsync(new RecoverRequest
        {
            ChallengeId = challenge.ChallengeId,
            Csr = ByteString.CopyFrom(TestAgent.Csr(agent.Key)),
            Signature = ByteString.CopyFrom(agent.Key.SignHash(IdentityProofs.Recover(challenge.HubId, agent.Identity.ClusterId, challenge.Nonce.Span), DSASignatureFormat.Rfc3279DerSequence)),
        });
        agent.Take(recovered.Identity);
        return recovered.Identity;
    }
}

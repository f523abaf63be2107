using Fleet.Hub.Access;
using Fleet.Hub.Git;
using Fleet.V1;
using Fleet.Testing.Time;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Api;

public sealed class AccessTests
{
    [Theory]
    [InlineData(null, "KEY_MISSING")]
    [InlineData("nonsense", "KEY_MISSING")]
    [InlineData("abcdef.nonsense", "KEY_UNKNOWN")]
    public async Task Call_WithoutGoodKey_Unauthenticated(string? key, string reason)
    {
        await using var hub = await TestHub.StartAsync();
        var api = new FleetApi.FleetApiClient(hub.Channel(hub.Host.ApiAddress, key, null));
        var e = await Assert.ThrowsAsync<RpcException>(async () => await api.GetVersionAsync(new GetVersionRequest()));
        Assert.Equal((StatusCode.Unauthenticated, reason), (e.StatusCode, Enrollment.EnrollmentTests.Reason(e)));
    }

    [Fact]
    public async Task Call_EnrollmentTokenAsKey_Unauthenticated()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Client(await hub.TokenAsync()).GetVersionAsync(new GetVersionRequest()));
        Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
    }

    [Theory]
    [InlineData("one id")]
    [InlineData("many ids")]
    public async Task Call_ManyWrongKeys_SlowedDownButNotForAGoodOne(string attack)
    {
        await using var hub = await TestHub.StartAsync();
        await hub.Api.GetVersionAsync(new GetVersionRequest());
        for (var i = 0; i < 150; i++)
        {
            var guess = hub.Client(attack == "one id" ? "abcdef.guess" + i : $"id{i}.guess");
            var e = await Assert.ThrowsAsync<RpcException>(async () => await guess.GetVersionAsync(new GetVersionRequest()));
            if (e.StatusCode == StatusCode.ResourceExhausted)
            {
                // Operators may share the attacker's address: a proxy's.
                await hub.Api.GetVersionAsync(new GetVersionRequest());
                return;
            }
        }

        Assert.Fail("Guessing was never slowed down.");
    }

    [Fact]
    public async Task Call_Oversized_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        var files = new ApplyRequest { Files = { new SourceFile { Content = new string('#', 17 * 1024 * 1024) } } };
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.ApplyAsync(files))).StatusCode);
        var enroll = new EnrollRequest { Token = new string('a', 100_000) };
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await hub.Enrollment.EnrollAsync(enroll))).StatusCode);
    }

    [Theory]
    [InlineData("viewer", false, false)]
    [InlineData("operator", true, false)]
    [InlineData("admin", true, true)]
    public async Task Roles_EachMayWhatItSays(string role, bool change, bool keys)
    {
        await using var hub = await TestHub.StartAsync();
        var api = hub.Client((await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "k", Role = role })).Secret);
        await api.ListAsync(new ListRequest { Kind = "Cluster" });
        Assert.Equal(change, await MayAsync(async () => await api.ApplyAsync(new ApplyRequest { Files = { new SourceFile { Content = ApplyTests.Source } } })));
        Assert.Equal(change, await MayAsync(async () => await api.CreateTokenAsync(new CreateTokenRequest())));
        Assert.Equal(keys, await MayAsync(async () => await api.ListApiKeysAsync(new ListApiKeysRequest())));
        Assert.Equal(keys, await MayAsync(async () => await api.ListCredentialsAsync(new ListCredentialsRequest())));
    }

    [Fact]
    public async Task ApiKey_RevokedOrExpired_Refused()
    {
        var clock = new ShiftedTime();
        await using var hub = await TestHub.StartAsync(clock);
        var revoked = hub.Client((await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "a", Role = "viewer" })).Secret);
        var expiring = hub.Client((await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "b", Role = "viewer", Ttl = "1h" })).Secret);
        await expiring.GetVersionAsync(new GetVersionRequest());
        await hub.Api.RevokeApiKeyAsync(new RevokeApiKeyRequest { Name = "a" });
        clock.Shift = TimeSpan.FromMinutes(61);
        Assert.Equal("KEY_ENDED", await ReasonAsync(revoked));
        Assert.Equal("KEY_ENDED", await ReasonAsync(expiring));
    }

    [Fact]
    public async Task ApiKey_LastAdmin_CannotBeRevoked()
    {
        await using var hub = await TestHub.StartAsync();
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.RevokeApiKeyAsync(new RevokeApiKeyRequest { Name = "admin" }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "second", Role = "admin" });
        await hub.Api.RevokeApiKeyAsync(new RevokeApiKeyRequest { Name = "admin" });
    }

    [Fact]
    public async Task ApiKey_BadRoleOrTtl_SaysWhatToWrite()
    {
        await using var hub = await TestHub.StartAsync();
        var role = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "a", Role = "opertor" }));
        Assert.Contains("Did you mean \"operator\"?", role.Status.Detail, StringComparison.Ordinal);
        var ttl = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.CreateApiKeyAsync(new CreateApiKeyRequest { Name = "a", Role = "admin", Ttl = "soon" }));
        Assert.Contains("90d", ttl.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credential_Set_SealedNeverShownAndOpenedForFetches()
    {
        await using var hub = await TestHub.StartAsync();
        const string Password = "hunter2-secret-value";
        var set = await hub.Api.SetCredentialAsync(new SetCredentialRequest { Name = "bot", Type = "basic", Username = "u", Password = Password });
        var listed = await hub.Api.ListCredentialsAsync(new ListCredentialsRequest());
        Assert.DoesNotContain(Password, set + listed.ToString(), StringComparison.Ordinal);
        var opened = await hub.Host.Services.GetRequiredService<Credentials>().OpenAsync("bot", default);
        Assert.Equal(new GitCredential.Basic("u", Password), opened);
        Assert.Null(await hub.Host.Services.GetRequiredService<Credentials>().OpenAsync("none", default));

        await hub.ApplyAsync(ApplyTests.Source.Replace("a.git\"", "a.git\", credential: bot", StringComparison.Ordinal));
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.DeleteCredentialAsync(new DeleteCredentialRequest { Name = "bot" }));
        Assert.Contains("GitSource apps", e.Status.Detail, StringComparison.Ordinal);

        var folder = hub.Folder;
        foreach (var file in Directory.GetFiles(folder, "fleet.db*").Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(Password, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("basic", "", "", "", "password")]
    [InlineData("ssh", "", "x", "h", "private key")]
    [InlineData("ssh", "", "-----BEGIN OPENSSH PRIVATE KEY-----", "", "known_hosts")]
    [InlineData("basci", "p", "", "", "Did you mean \"basic\"?")]
    public async Task Credential_Incomplete_SaysWhatIsMissing(string type, string password, string key, string hosts, string says)
    {
        await using var hub = await TestHub.StartAsync();
        var request = new SetCredentialRequest { Name = "bot", Type = type, Password = password, PrivateKey = key, KnownHosts = hosts };
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.SetCredentialAsync(request));
        Assert.Contains(says, e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_Wrong_AllMistakesAtOnce()
    {
        await using var hub = await TestHub.StartAsync();
        var spec = new EnrollmentTokenSpec { ClusterNames = "PROD", Uses = -1, Ttl = "1y", Labels = { ["a b"] = "c" } };
        var e = await Assert.ThrowsAsync<RpcException>(async () => await hub.Api.CreateTokenAsync(new CreateTokenRequest { Name = "T", Spec = spec }));
        Assert.Equal(5, e.GetRpcStatus()!.Details.Select(d => d.TryUnpack(out ApplyErrors errors) ? errors.Violations.Count : 0).Max());
    }

    private static async Task<bool> MayAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            return false;
        }
    }

    private static async Task<string?> ReasonAsync(FleetApi.FleetApiClient api) =>
        Enrollment.EnrollmentTests.Reason(await Assert.ThrowsAsync<RpcException>(async () => await api.GetVersionAsync(new GetVersionRequest())));
}

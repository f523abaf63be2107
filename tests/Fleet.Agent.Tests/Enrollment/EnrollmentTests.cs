using Fleet.Agent.Tests.Fakes;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Agent.Tests.Enrollment;

/// <summary>How a cluster gets its identity, and what happens when it does not.</summary>
public sealed class EnrollmentTests
{
    [Fact]
    public async Task Hub_WithAnotherCaThanPinned_IsRefusedAndSentNothing()
    {
        using var other = new FakeAuthority();
        await using var rig = await AgentRig.StartAsync(o => o with { CaPin = other.Pin });
        var concern = await rig.ConcernAsync("identity", c => c.Reason == "NotThePinnedHub");
        Assert.Contains(rig.Hub.Authority.Pin, concern.Message, StringComparison.Ordinal);
        Assert.Contains("--ca-pin", concern.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Hub.Tokens);
    }

    [Theory]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_UNKNOWN")]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_EXPIRED")]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_USED_UP")]
    [InlineData(StatusCode.PermissionDenied, "NAME_NOT_ALLOWED")]
    public async Task Token_Refused_StandsInTheStatusAndIsMendedByAnotherToken(StatusCode code, string reason)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "bad.token");
            await using var rig = await AgentRig.StartAsync(start: false);
            rig.Hub.OnEnroll = r => r.Token == "bad.token" ? throw Error(code, reason) : null;
            await rig.StartAgentAsync(o => o with { Token = "", TokenFile = file });
            var concern = await rig.ConcernAsync("identity", c => c.Reason == reason);
            Assert.Contains("fleetctl token create", concern.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("bad.token", rig.Log.ToString(), StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "good.token");
            await rig.ConcernAsync("identity", c => c.Ok);
            Assert.Equal(["bad.token", "good.token"], rig.Hub.Tokens.Distinct());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Approval_Pending_IsAskedAgainWithTheSameRequest()
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        var requests = new List<EnrollRequest>();
        rig.Hub.OnEnroll = r =>
        {
            requests.Add(r);
            return requests.Count < 3 ? new() { Pending = new() { RetryAfter = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)), Message = "wait for an operator" } } : null;
        };
        await rig.StartAgentAsync();
        await rig.ConcernAsync("identity", c => c.Reason == "PendingApproval");
        await rig.ConcernAsync("identity", c => c.Ok);
        Assert.Equal(3, requests.Count);
        Assert.Single(requests.Select(r => r.RequestId).Distinct());
    }

    [Fact]
    public async Task Answer_Lost_TheSameKeyIsEnrolledAgainAfterARestart()
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        var keys = new List<string>();
        rig.Hub.OnEnroll = r =>
        {
            var csr = System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequest(r.Csr.ToByteArray(), System.Security.Cryptography.HashAlgorithmName.SHA256);
            keys.Add(Convert.ToHexString(csr.PublicKey.ExportSubjectPublicKeyInfo()));
            return keys.Count == 1 ? throw new RpcException(new(StatusCode.Unavailable, "lost")) : null;
        };
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => keys.Count >= 1);
        await rig.StopAgentAsync();
        await rig.StartAgentAsync();
        await rig.ConcernAsync("identity", c => c.Ok);
        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task Certificate_Due_IsRenewedOverMutualTls()
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        rig.Hub.RenewAfter = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => rig.Hub.Renewals >= 1);
    }

    [Fact]
    public async Task Identity_NoLongerAccepted_IsRecoveredWithTheBoundKey()
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        rig.Hub.OnHello = _ => rig.Hub.Recoveries == 0 ? new(new(StatusCode.Unauthenticated, "expired")) : null;
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => rig.Hub.Recoveries == 1 && rig.Hub.Sessions >= 1);
        await rig.ConcernAsync("session", c => c.Ok);
    }

    [Fact]
    public async Task Hub_Revokes_StandsInTheStatusAndTheClusterIsKept()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Hub.Send(new() { Verdict = new() { Kind = VerdictKind.Revoked, Message = "by an operator" } });
        await rig.ConcernAsync("session", c => c.Reason == "Revoked");
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "settings");
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => c is not null, new CancellationTokenSource(10_000).Token);
    }

    [Fact]
    public async Task Link_Silent_IsTakenForDeadAndMadeAnew()
    {
        await using var rig = await AgentRig.StartAsync(start: false);
        rig.Hub.Heartbeat = TimeSpan.FromMilliseconds(200);
        await rig.StartAgentAsync();
        await rig.Hub.UntilAsync(() => rig.Hub.Hellos.Count >= 2);
    }

    private static RpcException Error(StatusCode code, string reason)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = "refused" };
        status.Details.Add(Any.Pack(new ErrorInfo { Reason = reason, Domain = "fleet" }));
        return status.ToRpcException();
    }
}

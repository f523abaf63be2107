using Fleet.Hub.Core.Enrollment;

namespace Fleet.Hub.Core.Tests.Enrollment;

public sealed class EnrollmentDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = [1];
    private static readonly byte[] OtherKey = [2];
    private static readonly TokenFacts Token = new(true, "prod-*", false, 1, Now.AddHours(1), false, []);
    private static readonly EnrollmentFacts New = new(Token, "prod-1", "uid-1", Key, null, null, null, false);
    private static readonly KnownCluster Known = new(Guid.NewGuid(), "prod-1", "uid-1", ClusterTrust.Approved, Key, null);

    public static TheoryData<string, EnrollmentFacts, EnrollmentRefusal> Refused => new()
    {
        { "unknown id", New with { Token = null }, EnrollmentRefusal.TokenUnknown },
        { "wrong secret", New with { Token = Token with { SecretMatches = false } }, EnrollmentRefusal.TokenUnknown },
        { "wrong secret of a revoked token", New with { Token = Token with { SecretMatches = false, Revoked = true } }, EnrollmentRefusal.TokenUnknown },
        { "revoked", New with { Token = Token with { Revoked = true } }, EnrollmentRefusal.TokenRevoked },
        { "expired", New with { Token = Token with { ExpiryTime = Now } }, EnrollmentRefusal.TokenExpired },
        { "used up", New with { Token = Token with { UsesLeft = 0 } }, EnrollmentRefusal.TokenUsedUp },
        { "other name", New with { ClusterName = "staging-1" }, EnrollmentRefusal.NameNotAllowed },
        { "bad name", New with { ClusterName = "Prod 1" }, EnrollmentRefusal.NameInvalid },
        { "name of another cluster", New with { ByName = Known with { ClusterUid = "uid-2" } }, EnrollmentRefusal.NameTaken },
        { "known under another name", New with { ByUid = Known with { Name = "prod-9" } }, EnrollmentRefusal.EnrolledUnderOtherName },
        { "revoked cluster", New with { ByUid = Known with { Trust = ClusterTrust.Revoked } }, EnrollmentRefusal.ClusterRevoked },
        { "key of another cluster", New with { ByKey = Known with { Name = "prod-9", ClusterUid = "uid-9" } }, EnrollmentRefusal.KeyInUse },
        { "revoked cluster with its old key", New with { Token = Token with { Clusters = ["prod-1"] }, ByUid = Known with { Trust = ClusterTrust.Revoked }, OldKeyProven = true }, EnrollmentRefusal.ClusterRevoked },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Decide_Refused_SaysWhyAndWhatToDo(string why, EnrollmentFacts facts, EnrollmentRefusal reason)
    {
        var refused = Assert.IsType<EnrollmentOutcome.Refused>(EnrollmentDecision.Decide(facts, Now));
        Assert.True(reason == refused.Reason, $"{why}: {refused.Reason}");
        Assert.True(refused.Message.Length > 40, refused.Message);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Decide_NewCluster_AdmittedOrPending(bool requireApproval, bool approved) =>
        Assert.Equal(new EnrollmentOutcome.Admit(approved), EnrollmentDecision.Decide(New with { Token = Token with { RequireApproval = requireApproval } }, Now));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    public void Decide_LostAnswer_SameKeyGetsItAgainThoughTokenIsUsedUpOrExpired(int usesLeft, int hours)
    {
        var facts = New with { Token = Token with { UsesLeft = usesLeft, ExpiryTime = Now.AddHours(hours), Clusters = ["prod-1"] }, ByUid = Known, ByName = Known, ByKey = Known };
        Assert.Equal(new EnrollmentOutcome.Repeat(Known.Id, true), EnrollmentDecision.Decide(facts, Now));
    }

    [Fact]
    public void Decide_StrangerWithKnownClusterUid_WaitsForApproval()
    {
        var facts = New with { KeyHash = OtherKey, ByUid = Known, ByName = Known };
        Assert.Equal(new EnrollmentOutcome.AwaitRebind(Known.Id), EnrollmentDecision.Decide(facts, Now));
    }

    [Fact]
    public void Decide_StrangerWithKnownClusterUidAndTheTokenItCameWith_WaitsForApproval()
    {
        var facts = New with { KeyHash = OtherKey, ByUid = Known, ByName = Known, Token = Token with { Clusters = ["prod-1"] } };
        Assert.Equal(new EnrollmentOutcome.AwaitRebind(Known.Id), EnrollmentDecision.Decide(facts, Now));
    }

    [Fact]
    public void Decide_KnownClusterWithProofOfOldKey_Rebound()
    {
        var facts = New with { KeyHash = OtherKey, ByUid = Known, ByName = Known, OldKeyProven = true };
        Assert.Equal(new EnrollmentOutcome.Rebind(Known.Id), EnrollmentDecision.Decide(facts, Now));
    }

    [Fact]
    public void Decide_PendingClusterAsksAgain_StillPending()
    {
        var pending = Known with { Trust = ClusterTrust.Pending, BoundKeyHash = [], PendingKeyHash = Key };
        var facts = New with { Token = Token with { UsesLeft = 0, Clusters = ["prod-1"] }, ByUid = pending, ByName = pending };
        Assert.Equal(new EnrollmentOutcome.Repeat(Known.Id, false), EnrollmentDecision.Decide(facts, Now));
    }

    [Theory]
    [InlineData("spiffe://a.internal/cluster/6b1f2f0e-0000-4000-8000-000000000001", true)]
    [InlineData("spiffe://a.internal/cluster/6B1F2F0E-0000-4000-8000-000000000001", false)]
    [InlineData("spiffe://a.internal/cluster/6b1f2f0e-0000-4000-8000-000000000001/x", false)]
    [InlineData("spiffe://a.internal/cluster/6b1f2f0e-0000-4000-8000-000000000001?x", false)]
    [InlineData("spiffe://a.internal/hub/6b1f2f0e-0000-4000-8000-000000000001", false)]
    [InlineData("https://a.internal/cluster/6b1f2f0e-0000-4000-8000-000000000001", false)]
    [InlineData("spiffe://a.internal", false)]
    public void SpiffeId_Parse_OneFormOnly(string uri, bool expected) => Assert.Equal(expected, SpiffeId.Parse(uri) is not null);

    [Theory]
    [InlineData(0, 12)]
    [InlineData(0.999999, 15.84)]
    public void RenewAfter_Random_HalfToTwoThirdsOfLife(double random, double hours) =>
        Assert.Equal(hours, CertificateTimes.RenewAfter(TimeSpan.FromHours(24), random).TotalHours, 2);
}

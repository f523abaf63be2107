using Fleet.Hub.Core.Resources;

namespace Fleet.Hub.Core.Enrollment;

/// <summary>Decides who may enroll. Every rule that keeps a stranger from becoming a known cluster is here.</summary>
public static class EnrollmentDecision
{
    private const string NewToken = "make a new one with fleetctl token create and start the agent with it";

    /// <summary>The outcome for one request. Changes nothing.</summary>
    public static EnrollmentOutcome Decide(EnrollmentFacts facts, DateTimeOffset now)
    {
        // Unknown id and wrong secret are one answer: ids are not to be found out by trying.
        if (facts.Token is not { SecretMatches: true } token)
        {
            return Refuse(EnrollmentRefusal.TokenUnknown, $"The token is not one of this hub's: it was mistyped, cut off, or made by another hub. Copy it again, or {NewToken}.");
        }

        if (token.Revoked)
        {
            return Refuse(EnrollmentRefusal.TokenRevoked, $"The token was revoked: {NewToken}.");
        }

        // Before expiry and uses: the answer to a first, successful try may have been lost, also for longer than the token lived.
        if (Repetition(facts, token) is { } repeated)
        {
            return repeated;
        }

        if (token.ExpiryTime <= now)
        {
            return Refuse(EnrollmentRefusal.TokenExpired, $"The token expired at {token.ExpiryTime:yyyy-MM-dd HH:mm:ss}Z: {NewToken}.");
        }

        if (token.UsesLeft <= 0)
        {
            return Refuse(EnrollmentRefusal.TokenUsedUp, $"The token has no uses left ({Clusters(token)} enrolled with it): {NewToken}, with --uses for several clusters.");
        }

        if (Names.Problem(facts.ClusterName) is { } problem)
        {
            return Refuse(EnrollmentRefusal.NameInvalid, $"{problem} Start the agent with another --name.");
        }

        if (!Globs.IsMatch(token.ClusterNames, facts.ClusterName))
        {
            return Refuse(EnrollmentRefusal.NameNotAllowed, $"The token is for clusters named {token.ClusterNames}, not {Quoting.Quote(facts.ClusterName)}: start the agent with such a --name, or make a token with --names {Quoting.Shorten(facts.ClusterName, 63)}.");
        }

        return facts.ByUid is { } known ? Return(facts, known) : First(facts, token);
    }

    private static EnrollmentOutcome? Repetition(EnrollmentFacts facts, TokenFacts token)
    {
        if (facts.ByUid is not { } known || known.Name != facts.ClusterName || !token.Clusters.Contains(known.Name))
        {
            return null;
        }

        if (known.Trust == ClusterTrust.Revoked)
        {
            return null;
        }

        if (known.PendingKeyHash is { } pending && pending.AsSpan().SequenceEqual(facts.KeyHash))
        {
            return new EnrollmentOutcome.Repeat(known.Id, Approved: false);
        }

        return known.BoundKeyHash.AsSpan().SequenceEqual(facts.KeyHash)
            ? new EnrollmentOutcome.Repeat(known.Id, known.Trust == ClusterTrust.Approved)
            : null;
    }

    // A clusterUid is what a cluster says of itself: it is a name, not a proof.
    private static EnrollmentOutcome Return(EnrollmentFacts facts, KnownCluster known)
    {
        if (known.Trust == ClusterTrust.Revoked)
        {
            return Refuse(EnrollmentRefusal.ClusterRevoked, $"The cluster {known.Name} was revoked. If it may come back, remove its record with fleetctl clusters remove {known.Name} and enroll it anew.");
        }

        if (known.Name != facts.ClusterName)
        {
            return Refuse(EnrollmentRefusal.EnrolledUnderOtherName, $"This cluster (kube-system UID {Quoting.Shorten(facts.ClusterUid, 60)}) is enrolled as {known.Name}: start the agent with --name {known.Name}, or remove that record first with fleetctl clusters remove {known.Name}.");
        }

        if (facts.ByKey is { } owner && owner.Id != known.Id)
        {
            return KeyInUse(owner);
        }

        return facts.OldKeyProven && known.Trust == ClusterTrust.Approved
            ? new EnrollmentOutcome.Rebind(known.Id)
            : new EnrollmentOutcome.AwaitRebind(known.Id);
    }

    private static EnrollmentOutcome First(EnrollmentFacts facts, TokenFacts token)
    {
        if (facts.ByName is { } other)
        {
            return Refuse(EnrollmentRefusal.NameTaken, $"Another cluster (kube-system UID {Quoting.Shorten(other.ClusterUid, 60)}) is enrolled as {other.Name}: start the agent with another --name; or, if that cluster is gone or was rebuilt, remove its record with fleetctl clusters remove {other.Name}.");
        }

        return facts.ByKey is { } owner ? KeyInUse(owner) : new EnrollmentOutcome.Admit(!token.RequireApproval);
    }

    private static EnrollmentOutcome.Refused KeyInUse(KnownCluster owner) => Refuse(
        EnrollmentRefusal.KeyInUse,
        $"The agent's key is bound to the cluster {owner.Name}: its state Secret was copied from there. Delete that Secret in this cluster, so that the agent makes a key of its own.");

    private static string Clusters(TokenFacts token) =>
        token.Clusters.Count == 0 ? "all" : string.Join(", ", token.Clusters.Take(3)) + (token.Clusters.Count > 3 ? ", …" : "");

    private static EnrollmentOutcome.Refused Refuse(EnrollmentRefusal reason, string message) => new(reason, message);
}

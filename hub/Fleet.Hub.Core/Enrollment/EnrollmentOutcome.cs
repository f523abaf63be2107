namespace Fleet.Hub.Core.Enrollment;

/// <summary>What becomes of a request to enroll.</summary>
public abstract record EnrollmentOutcome
{
    private EnrollmentOutcome()
    {
    }

    /// <summary>No. The reason is for programs, the message for people.</summary>
    public sealed record Refused(EnrollmentRefusal Reason, string Message) : EnrollmentOutcome;

    /// <summary>Make a new cluster, burn a use, bind the key.</summary>
    public sealed record Admit(bool Approved) : EnrollmentOutcome;

    /// <summary>Bind the new key to a known cluster, burn a use.</summary>
    public sealed record Rebind(Guid ClusterId) : EnrollmentOutcome;

    /// <summary>Remember the new key of a known cluster until an operator approves it, burn a use.</summary>
    public sealed record AwaitRebind(Guid ClusterId) : EnrollmentOutcome;

    /// <summary>The same key again: answer as before, change nothing.</summary>
    public sealed record Repeat(Guid ClusterId, bool Approved) : EnrollmentOutcome;
}

/// <summary>Why a request to enroll was refused; the names go over the wire as ErrorInfo.reason in UPPER_SNAKE_CASE.</summary>
public enum EnrollmentRefusal
{
    TokenUnknown,
    TokenExpired,
    TokenUsedUp,
    TokenRevoked,
    NameNotAllowed,
    NameInvalid,
    NameTaken,
    EnrolledUnderOtherName,
    ClusterRevoked,
    KeyInUse,
}

namespace Fleet.Agent.Core.Errors;

/// <summary>How a call to an API server failed.</summary>
public enum KubeFailure
{
    /// <summary>The server answered with an error status.</summary>
    Status,
    /// <summary>No answer within the call's time limit.</summary>
    TimedOut,
    /// <summary>The connection could not be made, or broke.</summary>
    Unreachable,
    /// <summary>The server's certificate is not the one that was expected.</summary>
    Untrusted,
    /// <summary>The answer was larger than its limit or could not be read.</summary>
    Unreadable,
    /// <summary>No credential could be had for the call (a token file, an exec plugin).</summary>
    NoCredential,
    /// <summary>The server does not know the kind.</summary>
    UnknownKind,
    /// <summary>The call was never made: the agent itself, or this cluster's policy, does not allow it.</summary>
    Refused,
}

/// <summary>One cause out of a Status body: the field, the reason, the words.</summary>
public sealed record KubeErrorCause(string Field, string Reason, string Message);

/// <summary>What went wrong with one call: the HTTP status and the fields of the server's Status body, or why there is none.</summary>
public sealed record KubeApiError
{
    public required KubeFailure Failure { get; init; }
    /// <summary>0 when no answer came.</summary>
    public int HttpStatus { get; init; }
    /// <summary>The Status' reason, such as <c>AlreadyExists</c>; empty when there is none.</summary>
    public string Reason { get; init; } = "";
    public string Message { get; init; } = "";
    /// <summary>Kind, group and name out of the Status' details: a 404 for the object itself names it, one for its kind does not.</summary>
    public string DetailsKind { get; init; } = "";
    public string DetailsGroup { get; init; } = "";
    public string DetailsName { get; init; } = "";
    public IReadOnlyList<KubeErrorCause> Causes { get; init; } = [];
    /// <summary>From the Retry-After header, or the Status' details.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public bool IsConflict => HttpStatus == 409 && Reason is "Conflict" or "";
    public bool IsAlreadyExists => HttpStatus == 409 && Reason == "AlreadyExists";
    /// <summary>The watch or the list's continuation is too old: list again.</summary>
    public bool IsExpired => HttpStatus == 410 || Reason is "Expired" or "Gone";

    /// <summary>True only for a 404 that names this object: one for the kind (a removed CRD) names none, a broken APIService answers 503.</summary>
    public bool IsObjectGone(string name) => HttpStatus == 404 && Reason == "NotFound" && DetailsName == name;

    public override string ToString() => Failure switch
    {
        KubeFailure.Status => $"HTTP {HttpStatus}{(Reason.Length > 0 ? " " + Reason : "")}: {Message}",
        _ => $"{Failure}: {Message}",
    };
}

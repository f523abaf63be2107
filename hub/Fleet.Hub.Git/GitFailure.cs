using System.Diagnostics.CodeAnalysis;

namespace Fleet.Hub.Git;

/// <summary>Why something could not be had from a Git repository.</summary>
public enum GitFailureReason
{
    /// <summary>git failed in a way that is not known; the message carries its words.</summary>
    Failed,
    Unreachable,
    AuthenticationFailed,
    NotFound,
    TlsUntrusted,
    HostKeyUnknown,
    ProtocolRefused,
    TimedOut,
    CommitMissing,
    PathMissing,
    TooLarge,
    TooMany,
    Submodule,
    SymlinkOutside,
    LargeFilePointer,
    Corrupt,
}

/// <summary>A failure as a value.</summary>
/// <param name="Reason">For programs.</param>
/// <param name="Message">For people: what happened, what it means, what to do. Never holds a credential.</param>
public sealed record GitFailure(GitFailureReason Reason, string Message)
{
    public override string ToString() => $"{Reason}: {Message}";
}

/// <summary>A value, or why there is none. Only the caller's cancellation throws.</summary>
public readonly struct GitResult<T>
{
    private GitResult(T? value, GitFailure? failure) => (Value, Failure) = (value, failure);

    public T? Value { get; }

    public GitFailure? Failure { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsOk => Failure is null;

    public static implicit operator GitResult<T>(T value) => new(value, null);

    public static implicit operator GitResult<T>(GitFailure failure) => new(default, failure);

    public override string ToString() => Failure?.ToString() ?? Value?.ToString() ?? "";
}

using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>How a call ended; decided once.</summary>
internal sealed class CallOutcome(Status status, Metadata trailers, bool isLocal = false)
{
    internal Status Status { get; } = status;

    internal Metadata Trailers { get; } = trailers;

    /// <summary>True when the caller's own cancellation or deadline ended the call.</summary>
    internal bool IsLocal { get; } = isLocal;

    internal bool IsOk => Status.StatusCode == StatusCode.OK;

    internal static CallOutcome Failed(StatusCode code, string detail, Exception? cause = null) =>
        new(new Status(code, detail, cause), []);

    internal static CallOutcome Local(StatusCode code, string detail) => new(new Status(code, detail), [], isLocal: true);
}

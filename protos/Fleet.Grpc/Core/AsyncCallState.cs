namespace Grpc.Core;

/// <summary>What the four call types have in common: headers, the final status, trailers and the way to end the call.</summary>
internal readonly struct AsyncCallState(Task<Metadata> responseHeaders, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
{
    internal Task<Metadata> ResponseHeaders { get; } = responseHeaders;

    internal Status GetStatus() => getStatus();

    internal Metadata GetTrailers() => getTrailers();

    internal void Dispose() => dispose();
}

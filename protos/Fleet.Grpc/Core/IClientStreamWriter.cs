namespace Grpc.Core;

/// <summary>The client's stream of requests.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Half-closes the call: no more requests follow.</summary>
    Task CompleteAsync();
}

using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The server's stream of responses.</summary>
internal sealed class ResponseStream<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;
    private int _reading;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext has not given true.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            return Task.FromException<bool>(new InvalidOperationException("The previous MoveNext is not done: await it before the next one."));
        }

        return MoveNextCore(cancellationToken);
    }

    private async Task<bool> MoveNextCore(CancellationToken cancellationToken)
    {
        try
        {
            _current = null;
            using var registration = cancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), call);
            _current = await call.ReadNextAsync().ConfigureAwait(false);
            return _current is not null;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}

using Fleet.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>Delays and repeats the messages of sessions, in both directions; and, for the judge's own proof, forges a removal that nobody ordered.</summary>
internal sealed class EchoInterceptor : Interceptor
{
    /// <summary>The chance of a repeated message, in both directions.</summary>
    public double Repeat { get; set; }

    /// <summary>The most by which a message waits.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many messages were repeated.</summary>
    public int Repeated => _repeated;

    /// <summary>A bug on purpose: what the hub sends is changed.</summary>
    public Action<HubMessage>? Forge { get; set; }

    /// <summary>What the run's own random numbers give: delays and repeats follow from it and from the order of messages.</summary>
    public long Seed { set => Interlocked.Exchange(ref _state, value); }

    private int _repeated;
    private long _state;

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        typeof(TRequest) == typeof(AgentMessage)
            ? continuation(new EchoReader<TRequest>(this, requestStream), new EchoWriter<TResponse>(this, responseStream), context)
            : continuation(requestStream, responseStream, context);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (Delay is { Ticks: > 0 } most)
        {
            await Task.Delay(most * Chance(), cancellationToken);
        }
    }

    // Many streams draw at once, so the state is one counter, and a mixed form of it the number.
    private double Chance()
    {
        var mixed = (ulong)Interlocked.Add(ref _state, unchecked((long)0x9E3779B97F4A7C15));
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private bool IsRepeated()
    {
        if (Repeat <= 0 || Chance() >= Repeat)
        {
            return false;
        }

        Interlocked.Increment(ref _repeated);
        return true;
    }

    private sealed class EchoReader<T>(EchoInterceptor owner, IAsyncStreamReader<T> inner) : IAsyncStreamReader<T>
    {
        private bool _again;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (_again)
            {
                _again = false;
                return true;
            }

            var any = await inner.MoveNext(cancellationToken);
            await owner.WaitAsync(cancellationToken);

            // A second Hello is a breach of the protocol and not a repetition that a network makes.
            _again = any && inner.Current is AgentMessage { Hello: null } && owner.IsRepeated();
            return any;
        }
    }

    private sealed class EchoWriter<T>(EchoInterceptor owner, IServerStreamWriter<T> inner) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions { get => inner.WriteOptions; set => inner.WriteOptions = value; }

        public Task WriteAsync(T message) => WriteAsync(message, default);

        public async Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            await owner.WaitAsync(cancellationToken);
            if (message is HubMessage said)
            {
                owner.Forge?.Invoke(said);
            }

            await inner.WriteAsync(message, cancellationToken);
            if (message is HubMessage { Welcome: null, Verdict: null, Drain: null } && owner.IsRepeated())
            {
                await inner.WriteAsync(message, cancellationToken);
            }
        }
    }
}

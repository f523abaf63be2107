namespace Fleet.Bench.Wire;

/// <summary>One way to send a message there and back.</summary>
internal interface IWire : IAsyncDisposable
{
    string Name { get; }

    /// <summary>One call, one message each way.</summary>
    Task CallAsync(CancellationToken cancellationToken);

    /// <summary>Sends messages on one stream as fast as they are taken, and returns when all have come back.</summary>
    Task StreamAsync(int messages, CancellationToken cancellationToken);

    /// <summary>Opens a stream and leaves it idle, its headers answered.</summary>
    Task<IDisposable> OpenAsync(CancellationToken cancellationToken);
}

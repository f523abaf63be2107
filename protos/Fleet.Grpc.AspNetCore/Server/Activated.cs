namespace Grpc.AspNetCore.Server;

/// <summary>A service or interceptor in use by one call, disposed of with it if the call made it.</summary>
internal readonly struct Activated<T>(T instance, bool owned) : IAsyncDisposable
    where T : class
{
    internal T Instance { get; } = instance;

    public ValueTask DisposeAsync()
    {
        if (owned)
        {
            switch (Instance)
            {
                case IAsyncDisposable asynchronous:
                    return asynchronous.DisposeAsync();
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }

        return ValueTask.CompletedTask;
    }
}

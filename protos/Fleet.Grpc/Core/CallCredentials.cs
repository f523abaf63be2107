namespace Grpc.Core;

/// <summary>Adds the headers that authenticate one call.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>Which call is to be authenticated.</summary>
public class AuthInterceptorContext
{
    public AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken = default)
    {
        ServiceUrl = serviceUrl;
        MethodName = methodName;
        CancellationToken = cancellationToken;
    }

    public string ServiceUrl { get; }

    public string MethodName { get; }

    public CancellationToken CancellationToken { get; }
}

/// <summary>Credentials that go with a call; they are sent over TLS only, unless the channel says otherwise.</summary>
public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new FromDelegate(interceptor);
    }

    public static CallCredentials Compose(params CallCredentials[] credentials) => new Composed([.. credentials]);

    internal abstract Task ApplyAsync(AuthInterceptorContext context, Metadata metadata);

    private sealed class FromDelegate(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        internal override Task ApplyAsync(AuthInterceptorContext context, Metadata metadata) => interceptor(context, metadata);
    }

    private sealed class Composed(CallCredentials[] parts) : CallCredentials
    {
        internal override async Task ApplyAsync(AuthInterceptorContext context, Metadata metadata)
        {
            foreach (var part in parts)
            {
                await part.ApplyAsync(context, metadata).ConfigureAwait(false);
            }
        }
    }
}

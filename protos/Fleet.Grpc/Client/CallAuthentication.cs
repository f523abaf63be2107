using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Adds what the credentials of channel and call say to the headers of a call.</summary>
internal static class CallAuthentication
{
    internal static async Task<Metadata?> ApplyAsync(GrpcChannel channel, IMethod method, CallOptions options, CancellationToken cancellationToken)
    {
        if (channel.ChannelCallCredentials is null && options.Credentials is null)
        {
            return options.Headers;
        }

        if (!channel.MaySendCallCredentials)
        {
            throw new InvalidOperationException("Call credentials are sent over TLS only: use an https address.");
        }

        var headers = new Metadata();
        foreach (var entry in options.Headers ?? Metadata.Empty)
        {
            headers.Add(entry);
        }

        var context = new AuthInterceptorContext(new Uri(channel.Address, "/" + method.ServiceName).ToString(), method.Name, cancellationToken);
        foreach (var credentials in new[] { channel.ChannelCallCredentials, options.Credentials })
        {
            if (credentials is not null)
            {
                await credentials.ApplyAsync(context, headers).ConfigureAwait(false);
            }
        }

        return headers;
    }
}

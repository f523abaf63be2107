using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Starts the options of one service from those of all.</summary>
internal sealed class GrpcServiceOptionsSetup<TService>(IOptions<GrpcServiceOptions> shared) : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    public void Configure(GrpcServiceOptions<TService> options)
    {
        var all = shared.Value;
        options.MaxReceiveMessageSize = all.MaxReceiveMessageSize;
        options.MaxSendMessageSize = all.MaxSendMessageSize;
        options.EnableDetailedErrors = all.EnableDetailedErrors;
        options.ResponseCompressionAlgorithm = all.ResponseCompressionAlgorithm;
        foreach (var interceptor in all.Interceptors)
        {
            options.Interceptors.Add(interceptor);
        }
    }
}

using Grpc.Wire;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>What all calls of one service share; read once, when the service is mapped.</summary>
internal sealed class CallSettings(GrpcServiceOptions options, TimeProvider time, ILogger logger)
{
    internal int? MaxReceiveMessageSize { get; } = options.MaxReceiveMessageSize;

    internal int? MaxSendMessageSize { get; } = options.MaxSendMessageSize;

    internal bool EnableDetailedErrors { get; } = options.EnableDetailedErrors ?? false;

    internal bool CompressResponses { get; } = options.ResponseCompressionAlgorithm == ProtocolNames.Gzip;

    internal IReadOnlyList<InterceptorRegistration> Interceptors { get; } = [.. options.Interceptors];

    internal TimeProvider Time { get; } = time;

    internal ILogger Logger { get; } = logger;
}

using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>The limits and interceptors of all services, or of one.</summary>
public class GrpcServiceOptions
{
    /// <summary>In bytes, before compression; null (the default) sets no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>In bytes, after decompression; 4 MiB by default, null sets no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = MessageSize.DefaultMaxReceive;

    /// <summary>Whether clients are told what exception a handler threw; never set it where clients are not trusted.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary><c>gzip</c>, or null for none; used with clients that accept it.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>The first sees a call first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>The options of one service, which start as those of all.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class;

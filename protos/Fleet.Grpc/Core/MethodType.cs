namespace Grpc.Core;

/// <summary>Which of the two directions of a call is a stream.</summary>
public enum MethodType
{
    Unary,
    ClientStreaming,
    ServerStreaming,
    DuplexStreaming,
}

using System.Security.Authentication;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Which status a failure below gRPC stands for.</summary>
internal static class TransportFailure
{
    internal static CallOutcome ToOutcome(Exception exception, Uri address)
    {
        // The exact cause is wrapped once or twice, differently before and after the response's headers.
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RpcException rpc:
                    return new CallOutcome(rpc.Status, rpc.Trailers);
                case HttpProtocolException protocol when EndedConnection(protocol):
                    return Failed(ResetCodeMap.OfConnection(protocol.ErrorCode), $"The HTTP/2 connection to {address.Authority} ended: {protocol.Message}");
                case HttpProtocolException protocol:
                    return Failed(ResetCodeMap.ToStatusCode(protocol.ErrorCode), $"The server ended the HTTP/2 stream (error code 0x{protocol.ErrorCode:x}).");
                case HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }:
                case HttpIOException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }:
                    return Failed(StatusCode.ResourceExhausted, "The server's headers or trailers exceed the limit of this client (MaxResponseHeadersLength).");
            }
        }

        return exception switch
        {
            HttpRequestException { InnerException: AuthenticationException } or AuthenticationException =>
                Failed(StatusCode.Unavailable, $"The TLS handshake with {address.Authority} failed: {Innermost(exception)}"),
            HttpRequestException or IOException =>
                Failed(StatusCode.Unavailable, $"No connection to {address.Authority}, or it broke: {Innermost(exception)}"),
            OperationCanceledException => Failed(StatusCode.Unavailable, $"Connecting to {address.Authority} took too long."),
            _ => Failed(StatusCode.Internal, $"The call failed in this client: {Innermost(exception)}"),
        };

        CallOutcome Failed(StatusCode code, string detail) => CallOutcome.Failed(code, detail, exception);
    }

    // GOAWAY, a ping without answer and RST_STREAM come as the same type. Its text tells them apart, and so does the name of
    // the text, which is all that is left of it where an application is trimmed without resources.
    private static bool EndedConnection(HttpProtocolException exception) =>
        exception.Message.Contains("connection", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("ping", StringComparison.OrdinalIgnoreCase);

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;
}

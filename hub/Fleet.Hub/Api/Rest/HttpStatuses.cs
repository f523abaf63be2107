using System.Text;
using Grpc.Core;

namespace Fleet.Hub.Api.Rest;

/// <summary>gRPC codes as HTTP ones (google/rpc/code.proto).</summary>
internal static class HttpStatuses
{
    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.FailedPrecondition => 412,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Cancelled => 499,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        StatusCode.DeadlineExceeded => 504,
        _ => 500,
    };

    /// <summary>INVALID_ARGUMENT and so on.</summary>
    public static string Name(StatusCode code)
    {
        var text = new StringBuilder();
        foreach (var c in code == StatusCode.OK ? "Ok" : code.ToString())
        {
            text.Append(char.IsUpper(c) && text.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(c));
        }

        return text.ToString();
    }
}

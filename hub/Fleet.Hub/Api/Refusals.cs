using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Api;

/// <summary>
/// Expected failures of a call, as google.rpc.Status with details. They travel as RpcException: the one type that the
/// gRPC services and the REST mapping both know how to answer with.
/// </summary>
internal static class Refusals
{
    private const string Domain = "fleet";

    /// <summary>A failure with a word for programs and a message for people.</summary>
    public static RpcException Make(StatusCode code, string reason, string message, params ReadOnlySpan<IMessage> details)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Reason = reason, Domain = Domain }));
        foreach (var detail in details)
        {
            status.Details.Add(Any.Pack(detail));
        }

        return status.ToRpcException();
    }

    public static RpcException NotFound(string message) => Make(StatusCode.NotFound, "NOT_FOUND", message);

    public static RpcException Invalid(string message) => Make(StatusCode.InvalidArgument, "INVALID", message);

    public static RpcException Precondition(string reason, string message) => Make(StatusCode.FailedPrecondition, reason, message);

    /// <summary>Too many tries: when the next one is welcome.</summary>
    public static RpcException TooMany(string message, TimeSpan retryAfter) =>
        Make(StatusCode.ResourceExhausted, "TOO_MANY_TRIES", message, new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) });

    /// <summary>Mistakes in what was applied: each a BadRequest.FieldViolation whose field is FILE:LINE:COLUMN:KEY.</summary>
    public static RpcException Violations(IReadOnlyList<ApplyViolation> violations)
    {
        var bad = new BadRequest();
        bad.FieldViolations.Add(violations.Select(v => new BadRequest.Types.FieldViolation { Field = Place(v), Description = v.Message }));
        var first = violations[0];
        var more = violations.Count == 1 ? "" : $" And {violations.Count - 1} more.";
        return Make(StatusCode.InvalidArgument, "INVALID_RESOURCES", $"Nothing was stored. {Place(first)}: {first.Message}{more}", bad, new ApplyErrors { Violations = { violations } });
    }

    // Typed resources come from no file: their key alone says where.
    private static string Place(ApplyViolation v) =>
        v.File.Length == 0 && v.Line == 0 ? v.Key : FormattableString.Invariant($"{v.File}:{v.Line}:{v.Column}:{v.Key}");
}

using System.Security.Authentication;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Agent.Session;

/// <summary>Reads what a failed call to the hub says.</summary>
internal static class HubErrors
{
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(10);

    /// <summary>The stable word: ErrorInfo's reason, else the status code.</summary>
    public static string Reason(RpcException e) => e.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason is { Length: > 0 } reason ? reason : e.StatusCode.ToString();

    public static TimeSpan? RetryAfter(RpcException e) =>
        e.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan() is { Ticks: > 0 } asked ? (asked < LongestAsked ? asked : LongestAsked) : null;

    /// <summary>True when no answer came because the TLS handshake failed, or the hub ended it.</summary>
    public static bool IsTls(RpcException e)
    {
        for (Exception? inner = e.Status.DebugException ?? e.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException or HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }) return true;
        }
        return false;
    }

    /// <summary>One line for people.</summary>
    public static string Words(RpcException e)
    {
        var text = e.Status.Detail.Length > 0 ? e.Status.Detail : e.StatusCode.ToString();
        text = text.ReplaceLineEndings(" ");
        return text.Length <= 400 ? text : text[..400] + "…";
    }
}

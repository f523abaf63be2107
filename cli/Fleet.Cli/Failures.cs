using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Fleet.Cli.Output;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>A failure as a person is told it: what happened, what to do, and the exit code.</summary>
internal sealed record Failure(string Message, string? NextStep, int ExitCode, IReadOnlyList<string> Details)
{
    public void Print(Terminal terminal)
    {
        foreach (var detail in Details)
        {
            terminal.Error.WriteLine(detail);
        }

        terminal.Error.WriteLine("error: " + Message);
        if (NextStep is not null)
        {
            terminal.Error.WriteLine(NextStep);
        }
    }
}

/// <summary>Turns exceptions into failures. What it does not know is a bug and keeps its stack trace.</summary>
internal static class Failures
{
    public static bool TryExplain(Exception exception, [NotNullWhen(true)] out Failure? failure)
    {
        failure = exception switch
        {
            UsageException e => new(e.Message, null, ExitCodes.Usage, []),
            FailureException e => e.Failure,
            RpcException e => FromStatus(e),
            OperationCanceledException => new("interrupted", null, ExitCodes.Interrupted, []),
            FileNotFoundException or DirectoryNotFoundException => new(exception.Message, null, ExitCodes.Usage, []),
            UnauthorizedAccessException or IOException => new(exception.Message, null, ExitCodes.Failed, []),
            _ => null,
        };
        return failure is not null;
    }

    private static Failure FromStatus(RpcException e)
    {
        var details = Violations(e).ToArray();
        return e.StatusCode switch
        {
            StatusCode.InvalidArgument => new(details.Length == 0 ? e.Status.Detail : $"{details.Length} mistake{(details.Length == 1 ? "" : "s")}; nothing was stored.", null, ExitCodes.InvalidInput, details),
            StatusCode.NotFound => new(e.Status.Detail, null, ExitCodes.NotFound, details),
            StatusCode.Unauthenticated => new(e.Status.Detail, "Give a key with FLEET_API_KEY, or log in: fleetctl login HUB --key KEY", ExitCodes.Denied, details),
            StatusCode.PermissionDenied => new(e.Status.Detail, null, ExitCodes.Denied, details),
            StatusCode.FailedPrecondition => new(e.Status.Detail, null, ExitCodes.NeedsConfirmation, details),
            StatusCode.DeadlineExceeded => new("the hub did not answer in time", "Raise --request-timeout, or look at the hub's /readyz and log.", ExitCodes.TimedOut, details),
            StatusCode.Unavailable => new("the hub cannot be reached: " + Root(e), "Check the address (fleetctl context list), the network, and that fleet-hub runs.", ExitCodes.Unreachable, details),
            StatusCode.Cancelled => new("interrupted", null, ExitCodes.Interrupted, details),
            _ => new($"{e.Status.Detail} ({e.StatusCode})", null, ExitCodes.Failed, details),
        };
    }

    private static IEnumerable<string> Violations(RpcException e)
    {
        var bad = e.GetRpcStatus()?.Details.FirstOrDefault(d => d.Is(BadRequest.Descriptor))?.Unpack<BadRequest>();
        return bad?.FieldViolations.Select(v => v.Field.Length == 0 ? v.Description : $"{v.Field}: {v.Description}") ?? [];
    }

    private static string Root(Exception e)
    {
        var detail = e is RpcException r ? r.Status.Detail : e.Message;
        for (var inner = e.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException or System.Security.Authentication.AuthenticationException)
            {
                return inner.Message;
            }
        }

        return detail;
    }
}

/// <summary>A failure thrown where no gRPC status stands behind it.</summary>
internal sealed class FailureException(Failure failure) : Exception(failure.Message)
{
    public FailureException(string message, int exitCode, string? nextStep = null)
        : this(new Failure(message, nextStep, exitCode, []))
    {
    }

    public Failure Failure { get; } = failure;
}

using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Faults;

/// <summary>Does to a request what a fault rule says.</summary>
internal static class FaultActions
{
    /// <summary>Whether the request is over; if not, it is served, possibly through a damaged body.</summary>
    public static async Task<bool> ApplyAsync(FaultRule rule, HttpContext http, ClusterState cluster)
    {
        switch (rule.Action)
        {
            case FaultAction.Fail:
                throw Failure(rule);
            case FaultAction.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, cluster.Time, http.RequestAborted);
                return true;
            case FaultAction.Delay:
                await Task.Delay(rule.Delay, cluster.Time, http.RequestAborted);
                return false;
            case FaultAction.Disconnect when !rule.AfterWork:
                http.Abort();
                return true;
            case FaultAction.Disconnect:
                http.Response.Body = new FaultyBody(http, rule, cluster.Time, allowed: 0);
                return false;
            case FaultAction.CutBody:
                http.Response.Body = new FaultyBody(http, rule, cluster.Time, allowed: 20);
                return false;
            case FaultAction.SlowBody:
                http.Response.Body = new FaultyBody(http, rule, cluster.Time, allowed: long.MaxValue);
                return false;
            default:
                http.Features.Set(new WatchFault(rule.Action));
                return false;
        }
    }

    private static ApiException Failure(FaultRule rule)
    {
        var (reason, message) = rule.Status switch
        {
            401 => ("Unauthorized", "Unauthorized"),
            403 => ("Forbidden", "forbidden by a fault rule"),
            404 => ("NotFound", "the server could not find the requested resource"),
            409 => ("Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again"),
            410 => ("Expired", "too old resource version"),
            429 => ("TooManyRequests", "too many requests, please try again later"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted, but may still be processing the request"),
            _ => ("InternalError", "Internal error occurred: fault rule"),
        };
        return new ApiException(rule.Status, reason, rule.Message.Length > 0 ? rule.Message : message) { RetryAfter = rule.RetryAfter };
    }
}

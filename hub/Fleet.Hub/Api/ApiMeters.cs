using System.Diagnostics.Metrics;
using Grpc.Core;

namespace Fleet.Hub.Api;

/// <summary>What the operator API measures. Labels are methods and codes: both bounded by api.proto.</summary>
internal static class ApiMeters
{
    private static readonly Meter Meter = new("Fleet.Hub");

    private static readonly Counter<long> Calls = Meter.CreateCounter<long>("fleet_api_calls", description: "Unary calls of the operator API, by method and outcome.");
    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>("fleet_api_call", unit: "s", description: "Time that unary calls of the operator API take, by method.");

    /// <summary>Notes one call.</summary>
    public static void Count(string method, StatusCode code, TimeSpan elapsed)
    {
        var label = new KeyValuePair<string, object?>("method", method);
        Calls.Add(1, label, new("code", code.ToString()));
        Seconds.Record(elapsed.TotalSeconds, label);
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Fleet.Hub.Hosting.Metrics;

namespace Fleet.Hub.Tests.Hosting;

public sealed partial class MetricsTests
{
    [Fact]
    public void Collect_EveryKindOfInstrument_InTheTextFormat()
    {
        using var endpoint = new MetricsEndpoint();
        using var meter = new Meter("Fleet.Hub.MetricsTests");
        var counter = meter.CreateCounter<long>("test.requests", description: "Requests\nof \\ tests");
        var gauge = meter.CreateGauge<double>("test.level");
        var upDown = meter.CreateUpDownCounter<int>("test.open");
        var histogram = meter.CreateHistogram<double>("test.time", unit: "s");
        meter.CreateObservableGauge("test.observed", () => new Measurement<int>(7, new KeyValuePair<string, object?>("b", "2"), new KeyValuePair<string, object?>("a", "say \"hi\"\n")));
        counter.Add(2);
        counter.Add(3);
        gauge.Record(1.5);
        gauge.Record(2.5);
        upDown.Add(5);
        upDown.Add(-2);
        histogram.Record(0.02);
        histogram.Record(400);

        var lines = endpoint.Collect().Split('\n');
        Assert.Contains("# HELP test_requests_total Requests\\nof \\\\ tests", lines);
        Assert.Contains("# TYPE test_requests_total counter", lines);
        Assert.Contains("test_requests_total 5", lines);
        Assert.Contains("test_level 2.5", lines);
        Assert.Contains("test_open 3", lines);
        Assert.Contains("test_observed{a=\"say \\\"hi\\\"\\n\",b=\"2\"} 7", lines);
        Assert.Contains("test_time_seconds_bucket{le=\"0.025\"} 1", lines);
        Assert.Contains("test_time_seconds_bucket{le=\"300\"} 1", lines);
        Assert.Contains("test_time_seconds_bucket{le=\"+Inf\"} 2", lines);
        Assert.Contains("test_time_seconds_count 2", lines);

        // A second look finds a gauge's last value, and counters where they were.
        Assert.Contains("test_level 2.5", endpoint.Collect().Split('\n'));
        Assert.Contains("test_requests_total 5", endpoint.Collect().Split('\n'));
    }

    [Fact]
    public async Task Metrics_OfARunningHub_AreValid()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.ApplyAsync(Api.ApplyTests.Source);
        using var response = await hub.Http(null).GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("fleet_api_calls_total{code=\"OK\",method=\"Apply\"}", text, StringComparison.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Matches(line.StartsWith('#') ? Comment() : Sample(), line);
            Assert.True(!line.StartsWith("# TYPE", StringComparison.Ordinal) || names.Add(line), line);
        }

        await PromtoolAsync(text);
    }

    // Prometheus' own judgement, where it is installed.
    private static async Task PromtoolAsync(string text)
    {
        var promtool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "promtool")).FirstOrDefault(File.Exists);
        if (promtool is null)
        {
            return;
        }

        using var process = Process.Start(new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var said = await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        // 3: only lint of names that .NET gives its own instruments.
        Assert.True(process.ExitCode is 0 or 3, said);
        Assert.DoesNotContain("fleet_", said, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+|TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram))$")]
    private static partial Regex Comment();

    [GeneratedRegex("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*")*\})? (NaN|[+-]?(Inf|[0-9.]+([eE][+-]?[0-9]+)?))$""")]
    private static partial Regex Sample();
}

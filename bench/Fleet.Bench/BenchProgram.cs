using System.Globalization;
using Fleet.Bench.Benches;
using Fleet.Bench.Figures;
using Fleet.Cli;
using Grpc.Core;

namespace Fleet.Bench;

/// <summary>Runs benches by name, prints their tables, and writes the figures as JSON.</summary>
internal static class BenchProgram
{
    private static readonly IBench[] All = [new CommitBench(), new DriftBench(), new AgentBench(), new HubBench(), new IdleBench(), new KubeSimBench(), new GrpcBench()];

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (request, error) = BenchArguments.Parse(arguments, All);
        if (request is null)
        {
            await Console.Error.WriteLineAsync(error);
            return 2;
        }

        if (request.Help)
        {
            Console.WriteLine(BenchArguments.Help(All));
            return 0;
        }

        var results = new List<BenchResult>();
        var failed = 0;
        foreach (var bench in request.Benches)
        {
            var result = await RunOneAsync(bench, request, cancellationToken);
            if (result is null)
            {
                failed++;
                continue;
            }

            results.Add(result);
            FigureTable.Write(Console.Out, result);
        }

        if (request.Out.Length > 0)
        {
            await FigureJson.WriteAsync(request.Out, Machine.Describe(), results, cancellationToken);
            Console.WriteLine($"written: {request.Out}");
        }

        return failed > 0 ? 1 : 0;
    }

    private static async Task<BenchResult?> RunOneAsync(IBench bench, BenchRequest request, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var before = Machine.Load();
        var run = new BenchRun(request.Quick, request.Agent, note => Console.Error.WriteLine($"  [{TimeProvider.System.GetElapsedTime(started).TotalSeconds,6:0.0} s] {note}"));
        Console.Error.WriteLine($"{bench.Name}: {bench.Summary}");
        try
        {
            await bench.RunAsync(run, cancellationToken);
        }
        catch (Exception e) when (e is FailureException or RpcException or TimeoutException or OperationCanceledException or IOException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{bench.Name} was not measured: {(cancellationToken.IsCancellationRequested ? "interrupted" : e.Message)}"));
            return null;
        }

        return new BenchResult(bench.Name, $"make bench ARGS={bench.Name}", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetElapsedTime(started), before, Machine.Load(), run.Figures, run.Notes);
    }
}

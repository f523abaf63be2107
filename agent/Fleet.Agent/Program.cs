using System.Runtime.InteropServices;
using Fleet.Agent.Hosting;
using Fleet.Agent.Kube.Config;
using Fleet.Agent.Telemetry;

var line = CommandLine.Parse(args, Environment.GetEnvironmentVariable);
if (line.Text.Length > 0)
{
    Console.WriteLine(line.Text);
    return 0;
}
foreach (var error in line.Errors) Console.Error.WriteLine($"fleet-agent: {error}");
if (line.Options is not { } options) return 2;

using var loggers = new LineLoggerFactory(Console.Error, line.Level, TimeProvider.System);
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    await using var agent = await AgentHost.StartAsync(options, TimeProvider.System, loggers);
    Console.WriteLine($"fleet-agent {AgentVersion.Text} for cluster {options.ClusterName}{(agent.Listening is { } at ? $", http://{at}/healthz" : "")}");
    // The whole process is one agent here, so its memory is the agent's to give back.
    using var over = new CancellationTokenSource();
    var trimming = new MemoryTrim(TimeProvider.System).RunAsync(over.Token);
    await Task.WhenAny(stop.Task, agent.Completion);
    await over.CancelAsync();
    await trimming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    return agent.Completion.IsFaulted ? 1 : 0;
}
catch (Exception e) when (e is KubeconfigException or System.Net.Sockets.SocketException)
{
    Console.Error.WriteLine($"fleet-agent: {e.Message}");
    return 2;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}

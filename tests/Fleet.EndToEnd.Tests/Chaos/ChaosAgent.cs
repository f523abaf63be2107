using System.Collections.Concurrent;
using Fleet.Agent.Hosting;
using Fleet.Agent.Kube.Client;
using Fleet.KubeSim.Faults;
using Fleet.KubeSim.Hosting;
using Fleet.Testing.Programs;
using Microsoft.Extensions.Logging;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>One cluster's agent, in this process or as a program, which may end at any of its writes.</summary>
internal sealed class ChaosAgent(SimulatedCluster cluster, string kubeconfig, ChaosHub hub, string token, ConcurrentQueue<string> log, bool isProgram) : IAsyncDisposable
{
    private static readonly TimeSpan WaitForWrite = TimeSpan.FromMilliseconds(400);
    private readonly SemaphoreSlim _gate = new(1);
    private AgentHost? _host;
    private ChildProgram? _program;
    private int _lives;

    public SimulatedCluster Cluster => cluster;

    public string Status => _host?.Status.ToString() ?? _program?.Output.ToString() ?? "not running";

    private string UserAgent => $"fleet-agent/{_lives}";

    public async Task StartAsync()
    {
        _lives++;
        if (isProgram)
        {
            _program = await ChildProgram.StartAsync("agent/fleet-agent",
                "--hub", $"{hub.AgentsEnrollAt}", "--name", cluster.Name, "--token", token, "--ca-pin", hub.CaPin, "--kubeconfig", kubeconfig, "--listen", "off", "--log-level", "warning");
            return;
        }

        var options = new AgentOptions
        {
            Kubeconfig = kubeconfig,
            Hub = hub.AgentsEnrollAt,
            ClusterName = cluster.Name,
            Token = token,
            CaPin = hub.CaPin,
            // Short, so that what hangs or falls silent is found within a run; in the field these are 30 s and minutes.
            Kube = new KubeClientOptions { CallTimeout = TimeSpan.FromSeconds(1.5), UserAgent = UserAgent, WatchLifetime = TimeSpan.FromSeconds(2), WatchGrace = TimeSpan.FromSeconds(0.5) },
        };
        _host = await AgentHost.StartAsync(options, loggers: LoggerFactory.Create(b => b.AddProvider(new QueueLogs(log, $"{cluster.Name}/{_lives}"))));
    }

    /// <summary>Ends the agent at its n-th write from now (before or after it took effect), or after a moment when it writes nothing; and starts the next one.</summary>
    public async Task CrashAsync(int write, bool after)
    {
        await _gate.WaitAsync();
        try
        {
            await CrashAloneAsync(write, after);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CrashAloneAsync(int write, bool after)
    {
        var (agent, writes, dead) = (UserAgent, 0, false);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool IsIts(KubeSim.Requests.LoggedRequest r) => isProgram ? r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal) : r.UserAgent == agent;
        bool IsTheOne(KubeSim.Requests.LoggedRequest r)
        {
            if (Volatile.Read(ref dead) || !r.IsWrite || !IsIts(r) || Interlocked.Increment(ref writes) != write)
            {
                return false;
            }

            if (isProgram && !after)
            {
                _program?.KillNow();
            }

            Volatile.Write(ref dead, true);
            reached.TrySetResult();
            return !isProgram || !after;
        }

        var name = $"crash-{Guid.NewGuid():N}";
        cluster.Faults.Add(new FaultRule { Name = name, Action = FaultAction.Disconnect, AfterWork = after, Count = 1, When = IsTheOne });
        if (!isProgram)
        {
            // The dead send nothing any more.
            cluster.Faults.Add(new FaultRule { Name = name + "-dead", Action = FaultAction.Disconnect, Count = null, When = r => Volatile.Read(ref dead) && r.UserAgent == agent });
        }

        await Task.WhenAny(reached.Task, Task.Delay(WaitForWrite));
        Volatile.Write(ref dead, true);
        await StopAsync();
        cluster.Faults.Remove(name);
        cluster.Faults.Remove(name + "-dead");
        await StartAsync();
    }

    public async Task StopAsync()
    {
        if (_program is { } program)
        {
            await program.DisposeAsync();
            _program = null;
        }

        if (_host is { } host)
        {
            await host.DisposeAsync();
            _host = null;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}

using Fleet.KubeSim.Faults;
using Fleet.Testing.Network;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>What goes wrong in a run: each fault begins when it is drawn and ends by itself, or with <see cref="EndAsync"/>.</summary>
internal sealed class ChaosFaults(ChaosWorld world, Action<string> note)
{
    private readonly List<Task> _underWay = [];
    private readonly SemaphoreSlim _hub = new(1);
    private readonly SemaphoreSlim _database = new(1);
    private int _rules;

    /// <summary>Draws one fault and lets it begin. All choices are made here, so that a seed makes them again.</summary>
    public void Inject(Random random)
    {
        var agent = world.Agents[random.Next(world.Agents.Count)];
        var lasts = TimeSpan.FromMilliseconds(random.Next(50, 700));
        var (write, after, bytes) = (random.Next(1, 9), random.Next(2) == 0, random.Next(1, 12_000));
        var pick = random.Next(100);
        var (name, work) = pick switch
        {
            < 16 => ($"{agent.Cluster.Name} ends at its write {write} ({(after ? "after" : "before")} it)", agent.CrashAsync(write, after)),
            < 25 => ("the hub ends", RestartHubAsync(lasts)),
            < 30 => ("hub and agent end", Task.WhenAll(RestartHubAsync(lasts), agent.CrashAsync(write, after))),
            < 45 => Link(random, lasts, bytes),
            < 55 => Messages(random, lasts),
            < 92 => Api(random, agent, lasts),
            < 95 => ("the API server is away", AwayAsync(agent, lasts)),
            _ => Storage(random, lasts),
        };
        note($"fault: {name}, {lasts.TotalMilliseconds:0} ms");
        _underWay.Add(work);
    }

    /// <summary>All faults end; what they broke stays broken until the fleet mends it.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(_underWay);
        foreach (var agent in world.Agents)
        {
            agent.Cluster.Faults.Clear();
        }

        await HealAsync(world.Hub.AgentsProxy, TimeSpan.Zero);
        await HealAsync(world.Hub.ApiProxy, TimeSpan.Zero);
        (world.Hub.Echo.Repeat, world.Hub.Echo.Delay) = (0, TimeSpan.Zero);
        _underWay.Clear();
    }

    private async Task RestartHubAsync(TimeSpan away)
    {
        await _hub.WaitAsync();
        try
        {
            await world.Hub.CrashAsync();
            await Task.Delay(away / 2);
            await world.Hub.StartAsync();
        }
        finally
        {
            _hub.Release();
        }
    }

    private (string, Task) Link(Random random, TimeSpan lasts, int bytes)
    {
        var proxy = world.Hub.AgentsProxy;
        var direction = (Direction)random.Next(1, 4);
        switch (random.Next(6))
        {
            case 0:
                proxy.Cut(random.Next(2) == 0 ? CutKind.Reset : CutKind.Finish);
                return ("streams cut", Task.CompletedTask);
            case 1:
                proxy.CutAfter(bytes, direction == Direction.Both ? Direction.ToClient : direction);
                return ($"each stream cut after {bytes} bytes", HealAsync(proxy, lasts));
            case 2:
                proxy.Stall(direction);
                return ($"streams stalled ({direction})", HealAsync(proxy, lasts * 3));
            case 3:
                proxy.Delay(lasts / 4, direction);
                return ("streams delayed", HealAsync(proxy, lasts));
            case 4:
                proxy.Slow(bytes + 2000, direction);
                return ("streams slow", HealAsync(proxy, lasts));
            default:
                proxy.Refuse();
                proxy.Cut();
                return ("hub not reached", HealAsync(proxy, lasts));
        }
    }

    private (string, Task) Messages(Random random, TimeSpan lasts)
    {
        var echo = world.Hub.Echo;
        echo.Repeat = 0.2 + (random.NextDouble() * 0.8);
        echo.Delay = TimeSpan.FromMilliseconds(random.Next(0, 80));
        echo.Seed = random.NextInt64();
        return ($"messages repeated ({echo.Repeat:0.0}) and delayed (to {echo.Delay.TotalMilliseconds:0} ms)", EndAsync(lasts * 2));

        async Task EndAsync(TimeSpan after)
        {
            await Task.Delay(after);
            (echo.Repeat, echo.Delay) = (0, TimeSpan.Zero);
        }
    }

    private (string, Task) Api(Random random, ChaosAgent agent, TimeSpan lasts)
    {
        // A program's limits are its users' own: 30 s for a call, minutes for a silent watch. What needs those ends no run in time.
        var patient = world.Kind == WorldKind.Programs;
        var rule = new FaultRule { Name = $"chaos-{_rules++}", Action = FaultAction.Fail, Count = random.Next(1, 8), Probability = 0.3 + (random.NextDouble() * 0.7), Seed = random.Next() };
        string[] verbs = ["", "patch", "get", "list", "delete", "create", "update", "watch"];
        var verb = verbs[random.Next(verbs.Length)];
        int[] statuses = [500, 503, 429, 409, 504];
        var status = statuses[random.Next(statuses.Length)];
        rule = random.Next(patient ? 6 : 8) switch
        {
            0 or 1 => rule with { Status = status, RetryAfter = status == 429 ? 1 : null, Verb = verb, When = IsAgent },
            2 => rule with { Action = FaultAction.Disconnect, AfterWork = true, When = r => r.IsWrite && IsAgent(r) },
            3 => rule with { Action = FaultAction.Disconnect, Verb = verb, When = IsAgent },
            4 => rule with { Action = FaultAction.CutBody, Verb = verb, When = IsAgent },
            5 => rule with { Action = FaultAction.RepeatEvents, Verb = "watch", When = IsAgent },
            6 => rule with { Action = FaultAction.Hang, Count = 2, Verb = verb, When = r => r.Verb != "watch" && IsAgent(r) },
            _ => rule with { Action = FaultAction.DropWatch, Verb = "watch", When = IsAgent },
        };
        var watches = random.Next(5);
        agent.Cluster.Faults.Add(rule);
        if (watches == 0)
        {
            agent.Cluster.CompactHistory();
        }

        if (watches <= 1 || rule.Verb == "watch")
        {
            agent.Cluster.CloseWatches();
        }

        return ($"{agent.Cluster.Name}: {rule.Action} {rule.Status} {rule.Verb} x{rule.Count}{(watches == 0 ? ", history gone" : "")}", EndAsync());

        async Task EndAsync()
        {
            await Task.Delay(lasts);
            agent.Cluster.Faults.Remove(rule.Name);
        }

        static bool IsAgent(KubeSim.Requests.LoggedRequest r) => r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal);
    }

    private (string, Task) Storage(Random random, TimeSpan lasts)
    {
        if (world.Database is not { } database)
        {
            world.Hub.AgentsProxy.Cut();
            return ("streams cut", Task.CompletedTask);
        }

        return random.Next(3) switch
        {
            0 => ("PostgreSQL stops", DoAsync(database.StopAsync)),
            1 => ("PostgreSQL is killed", DoAsync(database.KillAsync)),
            _ => ("PostgreSQL ends all its sessions", DoAsync(database.DisconnectAllAsync)),
        };

        async Task DoAsync(Func<Task> work)
        {
            await _database.WaitAsync();
            try
            {
                await work();
                await Task.Delay(lasts);
                await database.RestartAsync();
            }
            finally
            {
                _database.Release();
            }
        }
    }

    private static async Task AwayAsync(ChaosAgent agent, TimeSpan lasts)
    {
        await agent.Cluster.StopAsync();
        await Task.Delay(lasts);
        await agent.Cluster.StartAsync();
    }

    private static async Task HealAsync(TcpProxy proxy, TimeSpan after)
    {
        await Task.Delay(after);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                proxy.Heal();
                return;
            }
            catch (System.Net.Sockets.SocketException) when (attempt < 50)
            {
                // Somebody's outgoing connection has the port for the moment.
                await Task.Delay(100);
            }
        }
    }
}

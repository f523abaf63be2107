using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Core.Upgrades;

/// <summary>What the hub sees of a cluster's agent.</summary>
/// <param name="Version">As it last said.</param>
/// <param name="IsConnected">It is heard.</param>
public sealed record SeenAgent(string Version, bool IsConnected);

/// <summary>One thing to say to one cluster's agent; it is said again until it has an end.</summary>
public sealed record AgentOrder(string Cluster, Command Command);

/// <summary>
/// An upgrade of agents, some clusters at a time. All that is known stands in the stored <see cref="AgentUpgrade"/>; whatever
/// node or process reads it next says the same to the same clusters, so a crash between any two lines loses nothing.
/// </summary>
public static class AgentUpgrades
{
    /// <summary>The old agent takes its cluster back at the deadline and connects again: only then is it a failure.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    /// <summary>Whose turn comes, who is too late, and whether it is over.</summary>
    /// <param name="upgrade">As stored; not changed.</param>
    /// <param name="seen">Agents by cluster id; a cluster that is not in it is gone.</param>
    /// <param name="now">The time.</param>
    public static AgentUpgrade Step(AgentUpgrade upgrade, IReadOnlyDictionary<string, SeenAgent> seen, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        ArgumentNullException.ThrowIfNull(seen);
        var next = upgrade.Clone();
        if (next.EndedTime is not null)
        {
            return next;
        }

        foreach (var cluster in next.Clusters)
        {
            if (IsOpen(cluster) && !seen.ContainsKey(cluster.Id))
            {
                End(cluster, AgentUpgradeState.Skipped, "the cluster is gone");
            }
            else if (cluster.State == AgentUpgradeState.Ordered && now > cluster.OrderedTime.ToDateTimeOffset() + next.ConnectWithin.ToTimeSpan() + Grace)
            {
                Fail(next, cluster, $"no agent {next.Version} was heard within {next.ConnectWithin.ToTimeSpan().TotalSeconds:0} s; the old one keeps the cluster");
            }
        }

        if (!next.Paused)
        {
            Order(next, seen, now);
        }

        if (!next.Clusters.Any(IsOpen))
        {
            next.EndedTime = Timestamp.FromDateTimeOffset(now);
            next.Paused = false;
        }

        return next;
    }

    /// <summary>What is to be said to whom, as the upgrade stands.</summary>
    public static IEnumerable<AgentOrder> Orders(AgentUpgrade upgrade, IReadOnlyDictionary<string, SeenAgent> seen)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        foreach (var cluster in upgrade.Clusters.Where(c => c.State == AgentUpgradeState.Ordered))
        {
            if (!seen.TryGetValue(cluster.Id, out var agent) || !agent.IsConnected)
            {
                continue;
            }

            yield return new(cluster.Id, agent.Version == upgrade.Version
                ? new Command { ConfirmUpgrade = new ConfirmUpgrade { Id = upgrade.Id } }
                : new Command { UpgradeAgent = new UpgradeAgent { Id = upgrade.Id, Image = upgrade.Image, Version = upgrade.Version, ConnectWithin = upgrade.ConnectWithin } });
        }
    }

    /// <summary>Takes in what an agent answered.</summary>
    public static AgentUpgrade Answered(AgentUpgrade upgrade, AgentOrder order, CommandResult result)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(result);
        var next = upgrade.Clone();
        if (next.Clusters.FirstOrDefault(c => c.Id == order.Cluster) is not { State: AgentUpgradeState.Ordered } cluster)
        {
            return next;
        }

        if (order.Command.CommandCase == Command.CommandOneofCase.ConfirmUpgrade)
        {
            // What is not confirmed yet is said again; whether it is too late, time tells.
            End(cluster, result.Ok ? AgentUpgradeState.Done : AgentUpgradeState.Ordered, result.Message);
        }
        else if (result.Ok)
        {
            cluster.Message = result.Message;
        }
        else
        {
            Fail(next, cluster, result.Message);
        }

        return next;
    }

    /// <summary>An operator's word.</summary>
    public static AgentUpgrade Settled(AgentUpgrade upgrade, bool cancel)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        var next = upgrade.Clone();
        (next.Paused, next.Message) = (false, cancel ? "ended by an operator" : "");
        foreach (var cluster in next.Clusters.Where(c => cancel && c.State == AgentUpgradeState.Waiting))
        {
            End(cluster, AgentUpgradeState.Skipped, "the upgrade was ended before its turn");
        }

        return next;
    }

    /// <summary>How many clusters at once: "3", "10%" or empty (10%); null when it cannot be read.</summary>
    public static int? Wave(string text, int clusters)
    {
        ArgumentNullException.ThrowIfNull(text);
        var word = text.Length == 0 ? "10%" : text;
        if (!int.TryParse(word.TrimEnd('%'), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            return null;
        }

        return word.EndsWith('%') ? number <= 100 ? Math.Max(1, clusters * number / 100) : null : number;
    }

    private static void Order(AgentUpgrade next, IReadOnlyDictionary<string, SeenAgent> seen, DateTimeOffset now)
    {
        var free = next.Wave - next.Clusters.Count(c => c.State == AgentUpgradeState.Ordered);
        foreach (var cluster in next.Clusters.Where(c => c.State == AgentUpgradeState.Waiting))
        {
            var agent = seen[cluster.Id];
            if (agent.Version == next.Version)
            {
                End(cluster, AgentUpgradeState.Done, "it has this version already");
            }
            else if (free > 0 && agent.IsConnected)
            {
                free--;
                cluster.OrderedTime = Timestamp.FromDateTimeOffset(now);
                End(cluster, AgentUpgradeState.Ordered, "");
            }
        }
    }

    private static void Fail(AgentUpgrade upgrade, AgentUpgradeCluster cluster, string why)
    {
        End(cluster, AgentUpgradeState.Failed, why);
        upgrade.Paused = true;
        upgrade.Message = $"paused: {cluster.Name}: {why}. Look at that cluster, then go on or end it: fleetctl agents resume|cancel {upgrade.Id}";
    }

    private static void End(AgentUpgradeCluster cluster, AgentUpgradeState state, string message) => (cluster.State, cluster.Message) = (state, message);

    private static bool IsOpen(AgentUpgradeCluster cluster) => cluster.State is AgentUpgradeState.Waiting or AgentUpgradeState.Ordered;
}

using Fleet.Hub.Access;
using Fleet.Hub.Api.Calls;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Tests.Flow;
using Fleet.Hub.Upgrades;
using Fleet.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static Fleet.V1.AgentUpgradeState;

namespace Fleet.Hub.Tests.Upgrades;

public sealed class UpgradeFlowTests
{
    private static readonly Caller Ann = new("ann", Role.Admin);

    [Fact]
    public async Task Upgrade_OneAtATime_EachIsConfirmedBeforeTheNextIsTold()
    {
        await using var hub = await StartAsync();
        await using var a = new Fleet(await hub.AddClusterAsync("a"));
        await using var b = new Fleet(await hub.AddClusterAsync("b"));
        await a.ConnectAsync(hub, "1");
        await b.ConnectAsync(hub, "1");
        var id = (await Calls(hub).CreateAsync(new() { Image = "fleet-agent:2", Version = "2", All = true, Wave = "1" }, Ann, default)).Id;

        await UntilAsync(hub, id, u => u.Clusters[0].State == Ordered && a.Heard.Contains("upgrade"));
        Assert.DoesNotContain("upgrade", b.Heard);
        await a.ConnectAsync(hub, "2");
        await UntilAsync(hub, id, u => u.Clusters[0].State == Done && u.Clusters[1].State == Ordered && b.Heard.Contains("upgrade"));
        Assert.Contains("confirm", a.Heard);
        await b.ConnectAsync(hub, "2");
        var ended = await UntilAsync(hub, id, u => u.EndedTime is not null);
        Assert.All(ended.Clusters, c => Assert.Equal(Done, c.State));
        var audit = (await hub.Database.ReadAsync((tx, cancel) => hub.Stores.Audit.ListAsync(tx, new(), null, 100, cancel), default)).Select(row => row.Action).ToList();
        Assert.Equal(2, audit.Count(x => x == "agent.upgrade.done"));
        Assert.Contains("agent.upgrade", audit);
    }

    [Fact]
    public async Task Upgrade_AgentCouldNot_PausesUntilAnOperatorSettlesIt()
    {
        await using var hub = await StartAsync();
        await using var a = new Fleet(await hub.AddClusterAsync("a")) { Says = new() { Message = "the upgrade u failed: not confirmed" } };
        await using var b = new Fleet(await hub.AddClusterAsync("b"));
        await a.ConnectAsync(hub, "1");
        await b.ConnectAsync(hub, "1");
        var id = (await Calls(hub).CreateAsync(new() { Image = "fleet-agent:2", Version = "2", Clusters = { "a", "b" }, Wave = "1" }, Ann, default)).Id;
        var paused = await UntilAsync(hub, id, u => u.Paused);
        Assert.Equal([Failed, Waiting], paused.Clusters.Select(c => c.State));
        Assert.Contains("a: the upgrade u failed", paused.Message, StringComparison.Ordinal);
        Assert.Empty(b.Heard);
        await Calls(hub).SettleAsync(new() { Id = id }, Ann, default);
        await UntilAsync(hub, id, u => u.Clusters[1].State == Ordered && b.Heard.Contains("upgrade"));
        await b.ConnectAsync(hub, "2");
        await UntilAsync(hub, id, u => u.EndedTime is not null && u.Clusters[1].State == Done);
    }

    [Fact]
    public async Task Upgrade_HubRestartsBetweenOrderAndConfirmation_GoesOnFromTheDatabase()
    {
        await using var first = await StartAsync();
        await using var a = new Fleet(await first.AddClusterAsync("a"));
        await a.ConnectAsync(first, "1");
        var id = (await Calls(first).CreateAsync(new() { Image = "fleet-agent:2", Version = "2", All = true }, Ann, default)).Id;
        await UntilAsync(first, id, u => u.Clusters[0].State == Ordered && a.Heard.Contains("upgrade"));
        // A second node on the same database, which knows nothing but that; the new agent comes to it.
        await using var second = await StartAsync(first.Database, "node-2");
        await a.ConnectAsync(second, "2");
        await UntilAsync(second, id, u => u.EndedTime is not null && u.Clusters[0].State == Done);
    }

    [Fact]
    public async Task Create_WhatCannotBe_SaysWhy()
    {
        await using var hub = await StartAsync();
        await hub.AddClusterAsync("a");
        UpgradeAgentsRequest Good() => new() { Image = "i", Version = "2", All = true };
        await RefusedAsync(hub, new(), "Name the image");
        await RefusedAsync(hub, new() { Image = "i", Version = "2" }, "Name groups or clusters");
        await RefusedAsync(hub, new() { Image = "i", Version = "2", Clusters = { "zz" } }, "zz");
        await RefusedAsync(hub, new() { Image = "i", Version = "2", Groups = { "zz" } }, "zz");
        await RefusedAsync(hub, new(Good()) { Wave = "0" }, "wave");
        await RefusedAsync(hub, new(Good()) { ConnectWithin = "2d" }, "connect_within");
        var id = (await Calls(hub).CreateAsync(Good(), Ann, default)).Id;
        await RefusedAsync(hub, Good(), $"in the upgrade {id}");
        await Calls(hub).SettleAsync(new() { Id = id, Cancel = true }, Ann, default);
        await UntilAsync(hub, id, u => u.EndedTime is not null);
        await Calls(hub).CreateAsync(Good(), Ann, default);
    }

    private static Task<FlowHub> StartAsync(Storage.FleetDatabase? database = null, string node = "node-1") => FlowHub.StartAsync(database: database, node: node, services: s =>
    {
        s.AddSingleton(new UpgradeTiming(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1)));
        s.AddUpgrades().AddSingleton<UpgradeCalls>();
    });

    private static UpgradeCalls Calls(FlowHub hub) => hub.Services.GetRequiredService<UpgradeCalls>();

    private static Task<AgentUpgrade> UntilAsync(FlowHub hub, string id, Func<AgentUpgrade, bool> wanted) =>
        FlowHub.EventuallyAsync(async () => (await Calls(hub).ListAsync(new() { Id = id }, default)).Upgrades.Single(), wanted, "the upgrade's state");

    private static async Task RefusedAsync(FlowHub hub, UpgradeAgentsRequest request, string words)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => Calls(hub).CreateAsync(request, Ann, default));
        Assert.Contains(words, refused.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>One cluster's agents, one after the other.</summary>
    private sealed class Fleet(string cluster) : IAsyncDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _heard = new();
        private FakeAgent? _agent;

        public CommandResult Says { get; init; } = new() { Ok = true };

        public IReadOnlyCollection<string> Heard => _heard;

        public async Task ConnectAsync(FlowHub hub, string version)
        {
            var old = _agent;
            var (continuity, lineage, generation, chain) = old is null ? ([], [], 0UL, []) : (old.Continuity, old.Lineage, old.Generation, old.Chain);
            if (old is not null)
            {
                await old.DisposeAsync();
            }

            _agent = new FakeAgent(hub, cluster)
            {
                Continuity = continuity,
                Lineage = lineage,
                Generation = generation,
                Chain = chain,
                Answers = command =>
                {
                    _heard.Enqueue(command.CommandCase == Command.CommandOneofCase.ConfirmUpgrade ? "confirm" : "upgrade");
                    return command.CommandCase == Command.CommandOneofCase.ConfirmUpgrade ? new CommandResult { Ok = true } : Says.Clone();
                },
            };
            await _agent.ConnectAsync(hello => hello.AgentVersion = version);
            await _agent.NextAsync(HubMessage.MessageOneofCase.Welcome);
        }

        public ValueTask DisposeAsync() => _agent?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

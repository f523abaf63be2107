using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Sessions;

/// <summary>What operators ask connected agents.</summary>
public class CommandFlowTests
{
    private static readonly Caller Ann = new("ann", Role.Admin);

    private static async Task<(FlowHub Hub, FakeAgent Agent, string Cluster, Assignment Assignment)> StartAsync(TestGit git)
    {
        git.Commit(("apps/web/a.yaml", "a"));
        var hub = await FlowHub.StartAsync();
        var cluster = await hub.AddClusterAsync("paris", ("env", "prod"));
        await hub.ApplySourceAsync("shop", git.Url);
        await hub.ApplyGroupAsync("production", "env", "prod");
        var spec = new AssignmentSpec { Source = "shop", Ref = "main", Path = "apps/web" };
        spec.Groups.Add("production");
        var uid = await hub.ApplyAssignmentAsync("web", spec);
        var agent = await new FakeAgent(hub, cluster).ConnectAsync();
        await FlowHub.EventuallyAsync(() => Task.FromResult(agent.Targets.Count), count => count == 1, "the target");
        return (hub, agent, cluster, new Assignment { Metadata = new ObjectMeta { Name = "web", Uid = uid }, Spec = spec });
    }

    [Fact]
    public async Task Diff_OfACommitThatIsNotAssigned_IsAnsweredByTheAgentWithItsContent()
    {
        using var git = new TestGit();
        var (hub, agent, _, assignment) = await StartAsync(git);
        await using var ends = hub;
        await using var gone = agent;
        git.Run("checkout", "-q", "-b", "next");
        var next = git.Commit(("apps/web/a.yaml", "b"));
        git.Run("checkout", "-q", "main");
        await hub.ApplyAssignmentAsync("next", new AssignmentSpec { Source = "shop", Ref = "next", Path = "apps/web", Groups = { "production" } });
        Task<long>? fetched = null;
        agent.Answers = command =>
        {
            fetched = agent.FetchAsync(agent.Request(command.PreviewPlan.Target));
            fetched.Wait(TimeSpan.FromSeconds(10));
            return new CommandResult { Ok = true, Preview = new PlanPreview { Unchanged = 3 } };
        };
        await FlowHub.EventuallyAsync(
            () => hub.Services.GetRequiredService<IPlanPreviews>().PreviewAsync([assignment], new DiffRequest { Ref = "next" }, Ann, default),
            response => response.Diffs.Count == 1 && response.Diffs[0].Preview?.Unchanged == 3 && response.Diffs[0].Revision == next, "the preview");

        Assert.True((await fetched!) > 0);
        // The grant ended with the preview.
        var later = agent.Request(agent.Targets[assignment.Metadata.Uid]);
        later.Commit = next;
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => agent.FetchAsync(later));
    }

    [Fact]
    public async Task Sync_TellsTheAgentToReconcile()
    {
        using var git = new TestGit();
        var (hub, agent, _, assignment) = await StartAsync(git);
        await using var ends = hub;
        await using var gone = agent;
        var response = await hub.Services.GetRequiredService<ISyncRequests>().SyncAsync(new SyncRequest { Assignment = "web" }, Ann, default);
        Assert.Equal(1, response.Clusters);
        Assert.Equal(assignment.Metadata.Uid, (await agent.NextAsync(HubMessage.MessageOneofCase.Command)).Command.Reconcile.AssignmentUid);
    }
}

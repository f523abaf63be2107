using System.Net;
using System.Net.Sockets;
using Fleet.Hub.Sources;
using Fleet.Hub.Tests.Flow;
using Fleet.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Hub.Tests.Sources;

/// <summary>Polling: what fails is seen, lasts, clears itself, and costs nobody else anything.</summary>
public class SourceFlowTests
{
    private static Condition? Ready(GitSourceStatus status) => status.Conditions.FirstOrDefault(condition => condition.Type == "Ready");

    private static async Task<string> TrackAsync(FlowHub hub, string source, string reference)
    {
        var spec = new AssignmentSpec { Source = source, Ref = reference, Path = "." };
        spec.Groups.Add("nobody");
        return await hub.ApplyAssignmentAsync($"of-{source}", spec);
    }

    [Fact]
    public async Task Poll_RepositoryNotThere_SaysWhatToDoAndClearsItself()
    {
        using var git = new TestGit();
        git.Commit(("a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync();
        var uid = await hub.ApplySourceAsync("shop", git.Url + "-gone");
        var failed = Ready(await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Status == "False", "the failure"))!;
        Assert.NotEmpty(failed.Reason);
        Assert.NotEmpty(failed.Message);

        await hub.ApplySourceAsync("shop", git.Url);
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Status == "True", "that it cleared itself");
    }

    [Fact]
    public async Task Poll_BranchMissing_KeepsWhatWasSeenAndClearsItself()
    {
        using var git = new TestGit();
        var commit = git.Commit(("a.yaml", "a"));
        git.Run("branch", "release");
        await using var hub = await FlowHub.StartAsync();
        var uid = await hub.ApplySourceAsync("shop", git.Url);
        await TrackAsync(hub, "shop", "release");
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => status.Refs.Any(known => known.Ref == "release"), "the ref");

        git.Run("branch", "-D", "release");
        var status = await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Reason == "RefMissing", "RefMissing");
        Assert.Contains("release", Ready(status)!.Message);
        Assert.Equal(commit, status.Refs.Single(known => known.Ref == "release").Commit);

        git.Run("branch", "release");
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Status == "True", "that it cleared itself");
    }

    [Fact]
    public async Task Poll_CredentialMissing_NamesTheCommand()
    {
        await using var hub = await FlowHub.StartAsync();
        var uid = await hub.ApplySourceAsync("shop", "https://127.0.0.1:1/x.git");
        await hub.Database.WriteAsync(async (tx, cancel) =>
        {
            var stored = await hub.Stores.Resources.GetAsync(tx, "GitSource", "shop", cancel);
            var source = new GitSource { Spec = new GitSourceSpec { Url = "https://127.0.0.1:1/x.git", Credential = "deploy", PollInterval = "1s" } };
            await hub.Stores.Resources.UpdateAsync(tx, stored! with { Body = Google.Protobuf.MessageExtensions.ToByteArray(source) }, cancel);
            await hub.Stores.Work.RaiseAsync(tx, Fleet.Hub.Work.WorkKinds.Source, uid, hub.Database.Clock.GetUtcNow(), cancel);
        }, default);
        var status = await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Reason == "CredentialMissing", "CredentialMissing");
        Assert.Contains("fleetctl credential set deploy", Ready(status)!.Message);
    }

    [Fact]
    public async Task Poll_RemoteThatHangs_DelaysNoOtherAndIsNamed()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var git = new TestGit();
        var commit = git.Commit(("a.yaml", "a"));
        await using var hub = await FlowHub.StartAsync(services: services => services.AddSingleton(new SourceOptions { ListWithin = TimeSpan.FromSeconds(3) }));
        var hanging = await hub.ApplySourceAsync("hanging", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/x.git");
        var fine = await hub.ApplySourceAsync("fine", git.Url);
        await TrackAsync(hub, "fine", "main");

        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(fine), status => status.Refs.Any(known => known.Commit == commit), "the other source");
        Assert.Null(Ready(await hub.SourceStatusAsync(hanging)));
        var status = await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(hanging), status => Ready(status)?.Status == "False", "that it is named");
        Assert.Equal("TimedOut", Ready(status)!.Reason);
    }

    [Fact]
    public async Task Assignment_NamesANewRef_IsPolledForNow()
    {
        using var git = new TestGit();
        git.Commit(("a.yaml", "a"));
        git.Run("tag", "v1");
        await using var hub = await FlowHub.StartAsync();
        var uid = await hub.ApplySourceAsync("shop", git.Url, interval: "1h");
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => Ready(status)?.Status == "True", "the first poll");
        await TrackAsync(hub, "shop", "v1");
        await FlowHub.EventuallyAsync(() => hub.SourceStatusAsync(uid), status => status.Refs.Any(known => known.Ref == "v1"), "the tag");
    }
}

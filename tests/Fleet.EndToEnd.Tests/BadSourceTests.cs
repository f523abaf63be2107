using System.Net;
using System.Net.Sockets;

namespace Fleet.EndToEnd.Tests;

/// <summary>Bad sources and tokens: visible with reason and next step, harmless to others, gone once mended.</summary>
public sealed class BadSourceTests : IAsyncLifetime
{
    private TestFleet _fleet = null!;
    private TestGit _git = null!;

    public async Task InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync();
        _git = _fleet.Repository("app");
        _git.Write("app/a.yaml", Yaml.ConfigMap("a", "1")).Push();
        await _fleet.AddClusterAsync("one", ("group", "a"));
        await _fleet.ApplyAsync(Yaml.Group("a", "a"));
    }

    public Task DisposeAsync() => _fleet.DisposeAsync().AsTask();

    [Fact]
    public async Task Url_Unreachable_IsShownAndClears()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await ApplyAsync(new Uri($"http://127.0.0.1:{port}/x.git"));
        await SourceSaysAsync("Unreachable", "cannot be reached");
        await ApplyAsync(_git.Url);
        await _fleet.ReadyAsync("app");
    }

    [Fact]
    public async Task Credential_Missing_IsShownAndClears()
    {
        await Assert.ThrowsAnyAsync<Grpc.Core.RpcException>(() => ApplyAsync(_git.Url, "credential: nobody"));
        await ApplyAsync(_git.Url);
        await _fleet.ReadyAsync("app");
    }

    [Fact]
    public async Task Branch_Missing_IsShownAndClears()
    {
        await ApplyAsync(_git.Url, assignment: Yaml.Assignment("app", "app", "a").Replace("ref: main", "ref: release", StringComparison.Ordinal));
        await AssignmentSaysAsync("release");
        _git.Push("release", "release");
        await _fleet.ReadyAsync("app");
    }

    [Fact]
    public async Task Path_Missing_IsShownAndClears()
    {
        await ApplyAsync(_git.Url, assignment: Yaml.Assignment("app", "app", "a", "other"));
        await AssignmentSaysAsync("'other'");
        _git.Write("other/b.yaml", Yaml.ConfigMap("b", "1")).Push();
        await _fleet.ReadyAsync("app");
    }

    [Fact]
    public async Task Path_Vanishes_DeployedObjectsStay()
    {
        await ApplyAsync(_git.Url);
        await _fleet.ReadyAsync("app");
        _git.Remove("app/a.yaml").Write("elsewhere/a.yaml", Yaml.ConfigMap("a", "1")).Push();
        await AssignmentSaysAsync("'app'");
        Assert.NotNull(await _fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "a"));
    }

    [Fact]
    public async Task File_Of50Megabytes_IsNamedAndClears()
    {
        _git.Write("app/dump.yaml", new string('x', 50 << 20)).Push();
        await ApplyAsync(_git.Url);
        await AssignmentSaysAsync("dump.yaml");
        _git.Remove("app/dump.yaml").Push();
        await _fleet.ReadyAsync("app");
    }

    [Theory]
    [InlineData("no-such.token", "two", null)]
    [InlineData(null, "other-name", "one-name")]
    public async Task Token_WrongOrForAnotherName_IsSaidByTheAgent(string? token, string cluster, string? allowed)
    {
        await _fleet.StartClusterAsync(cluster);
        var agent = await _fleet.StartAgentAsync(cluster, token ?? await _fleet.TokenAsync(allowed!));
        await _fleet.EventuallyAsync("the agent says so", () => Task.FromResult(_fleet.Log.Any(l => l.Contains($"[{cluster}]", StringComparison.Ordinal) && l.Contains("token", StringComparison.OrdinalIgnoreCase)) ? null : agent.Status.ToString()));
        var clusters = await _fleet.Api.Api.ListAsync(new V1.ListRequest { Kind = "Cluster" }, _fleet.Api.Call(default));
        Assert.DoesNotContain(clusters.Items, c => c.Cluster.Metadata.Name == cluster);
    }

    [Fact]
    public async Task Token_UsedUp_LetsNobodyElseIn()
    {
        var token = await _fleet.TokenAsync("t-*");
        await _fleet.StartClusterAsync("t-1");
        await _fleet.StartAgentAsync("t-1", token);
        await _fleet.ConnectedAsync("t-1");
        await _fleet.StartClusterAsync("t-2");
        await _fleet.StartAgentAsync("t-2", token);
        await _fleet.EventuallyAsync("refused", () => Task.FromResult(_fleet.Log.Any(l => l.Contains("[t-2]", StringComparison.Ordinal) && l.Contains("used", StringComparison.OrdinalIgnoreCase)) ? null : "not yet"));
    }

    [Fact]
    public async Task Hub_WithAnotherCa_IsRefusedByTheAgent()
    {
        await _fleet.StartClusterAsync("two");
        await _fleet.StartAgentAsync("two", await _fleet.TokenAsync("two"), pin: "sha256:" + new string('0', 64));
        await _fleet.EventuallyAsync("refused", () => Task.FromResult(_fleet.Log.Any(l => l.Contains("[two]", StringComparison.Ordinal) && l.Contains("pin", StringComparison.OrdinalIgnoreCase)) ? null : "not yet"));
        var clusters = await _fleet.Api.Api.ListAsync(new V1.ListRequest { Kind = "Cluster" }, _fleet.Api.Call(default));
        Assert.DoesNotContain(clusters.Items, c => c.Cluster.Metadata.Name == "two");
    }

    private Task ApplyAsync(Uri url, string extra = "", string? assignment = null) =>
        _fleet.ApplyAsync(Yaml.Source("app", url, extra) + (assignment ?? Yaml.Assignment("app", "app", "a")));

    private Task SourceSaysAsync(string reason, string words) => _fleet.EventuallyAsync($"the source says {reason}", async () =>
    {
        var ready = (await _fleet.SourceAsync("app")).Status?.Conditions.FirstOrDefault(c => c.Type == "Ready");
        var status = (await _fleet.SourceAsync("app")).Status;
        return ready?.Status == "False" && ready.Reason == reason && ready.Message.Contains(words, StringComparison.Ordinal)
            && status is { LastPollTime: not null, NextPollTime: not null, Failures: > 0 } ? null : status?.ToString() ?? "no status";
    });

    private Task AssignmentSaysAsync(string words) => _fleet.EventuallyAsync($"the Assignment says {words}", async () =>
    {
        var conditions = (await _fleet.AssignmentAsync("app")).Status?.Conditions;
        return conditions?.Any(c => c.Status == "False" && c.Message.Contains(words, StringComparison.Ordinal)) == true ? null : conditions?.ToString() ?? "no condition";
    });
}

using System.Text.Json.Nodes;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Tests;

[Collection("fleetctl")]
public sealed class CommandTests
{
    private static readonly string[] Secretive = ["s3cret-key"];

    [Fact]
    public async Task Apply_Mistakes_AreAllShownAndExit3()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Api.Fail = FakeApi.Invalid(("a.yaml:3:5:spec.groups", "unknown field"), ("a.yaml:9:1:kind", "no such kind"));
        var file = Path.Combine(hub.Folder, "a.yaml");
        await File.WriteAllTextAsync(file, "kind: X");

        var run = await hub.CtlAsync("apply", "-f", file);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("a.yaml:3:5:spec.groups: unknown field", run.Error, StringComparison.Ordinal);
        Assert.Contains("a.yaml:9:1:kind: no such kind", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 mistakes; nothing was stored", run.Error, StringComparison.Ordinal);
        Assert.Equal("kind: X", hub.Api.Applied!.Files.Single().Content);
    }

    [Fact]
    public async Task Apply_Folder_SendsItsManifestsInOrder()
    {
        await using var hub = await FakeHub.StartAsync();
        foreach (var name in (string[])["b.yml", "a.yaml", "c.json", "README.md"])
        {
            await File.WriteAllTextAsync(Path.Combine(hub.Folder, name), "{}");
        }

        File.Delete(hub.CaFile + ".none");
        var run = await hub.CtlAsync("apply", "-f", hub.Folder, "--dry-run");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["a.yaml", "b.yml", "c.json"], hub.Api.Applied!.Files.Select(f => Path.GetFileName(f.Name)));
        Assert.True(hub.Api.Applied.DryRun);
    }

    [Fact]
    public async Task Get_Tables_PagesAndFormats()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Api.Resources.Add(Cluster("staging-1", "Connected"));
        hub.Api.Resources.Add(Cluster("staging-2", "Offline"));

        var table = await hub.CtlAsync("get", "clusters");
        Assert.Matches(@"NAME +STATE +READY", table.Output);
        Assert.Matches(@"staging-1 +Connected", table.Output);
        Assert.Matches(@"staging-2 +Offline", table.Output);
        Assert.Equal("Bearer k", hub.Api.Authorization);

        var json = JsonNode.Parse((await hub.CtlAsync("get", "cl", "-o", "json")).Output)!;
        Assert.Equal(2, json["items"]!.AsArray().Count);
        Assert.Equal("Offline", json["items"]![1]!["status"]!["state"]!.GetValue<string>());

        var yaml = (await hub.CtlAsync("get", "cluster/staging-1", "-o", "yaml")).Output;
        Assert.Contains("name: staging-1", yaml, StringComparison.Ordinal);
        Assert.Contains("state: Connected", yaml, StringComparison.Ordinal);
        Assert.Equal("cluster/staging-1\ncluster/staging-2\n", (await hub.CtlAsync("get", "clusters", "-o", "name")).Output);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, 4)]
    [InlineData(StatusCode.Unauthenticated, 5)]
    [InlineData(StatusCode.PermissionDenied, 5)]
    [InlineData(StatusCode.Unavailable, 6)]
    [InlineData(StatusCode.DeadlineExceeded, 7)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task Get_Failures_HaveTheirExitCodes(StatusCode status, int exitCode)
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Api.Fail = new RpcException(new Grpc.Core.Status(status, "because"));
        Assert.Equal(exitCode, (await hub.CtlAsync("get", "clusters")).ExitCode);
    }

    [Fact]
    public async Task Delete_Unconfirmed_SaysWhatWouldGoAndExits8()
    {
        await using var hub = await FakeHub.StartAsync();
        var run = await hub.CtlAsync("delete", "assignment", "web");
        Assert.Equal(8, run.ExitCode);
        Assert.Contains("removes 4 objects in 2 clusters", run.Error, StringComparison.Ordinal);
        Assert.Contains("--yes", run.Error, StringComparison.Ordinal);
        Assert.Equal("", hub.Api.Deleted!.Confirm);
    }

    [Fact]
    public async Task Delete_Yes_ConfirmsByName()
    {
        await using var hub = await FakeHub.StartAsync();
        var run = await hub.CtlAsync("delete", "as/web", "--yes", "--keep-objects");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("web", "keep"), (hub.Api.Deleted!.Confirm, hub.Api.Deleted.Policy));
    }

    [Fact]
    public async Task Get_OtherCa_IsRefused()
    {
        await using var hub = await FakeHub.StartAsync();
        await using var other = await FakeHub.StartAsync();
        var run = await Run.OfAsync("--hub", hub.Address, "--key", "k", "--ca-file", other.CaFile, "get", "clusters");
        Assert.Equal(6, run.ExitCode);
    }

    [Fact]
    public async Task Login_Pin_KeepsTheCaAndTheKeyPrivately()
    {
        await using var hub = await FakeHub.StartAsync();
        using var config = new ConfigFile();
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(hub.CaPem);
        var pin = Fleet.Cli.Connection.HubTrust.Pin(certificate);

        var wrong = await Run.OfAsync("login", hub.Address, "--key", "good", "--ca-pin", "sha256:" + new string('0', 64));
        Assert.Equal(5, wrong.ExitCode);
        Assert.Contains(pin, wrong.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(config.Path));

        var bad = await Run.OfAsync("login", hub.Address, "--key", Secretive[0], "--ca-pin", pin);
        Assert.Equal(5, bad.ExitCode);
        Assert.DoesNotContain(Secretive[0], bad.Error, StringComparison.Ordinal);

        var good = await Run.OfAsync("login", hub.Address, "--key", "good", "--ca-pin", pin, "--name", "lab");
        Assert.True(good.ExitCode == 0, good.Error);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config.Path));
        Assert.Contains("9.9.9", (await Run.OfAsync("version")).Output, StringComparison.Ordinal);
        Assert.Matches(@"\* +lab", (await Run.OfAsync("context", "list")).Output);
    }

    [Fact]
    public async Task Anything_NoContext_TellsToLogIn()
    {
        using var config = new ConfigFile();
        var run = await Run.OfAsync("get", "clusters");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("fleetctl login", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aply")]
    [InlineData("get", "pods")]
    [InlineData("get", "clusters", "-o", "xml")]
    [InlineData("delete", "assignment")]
    [InlineData("get", "cluster/a", "b")]
    [InlineData("apply")]
    [InlineData("apply", "-f", "/nonexistent/file.yaml")]
    public async Task Mistyped_Commands_Exit2(params string[] arguments)
    {
        var run = await Run.OfAsync(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    [Theory]
    [InlineData("bash", "COMPREPLY")]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -f")]
    public async Task Completion_Script_IsPrinted(string shell, string mark) =>
        Assert.Contains(mark, (await Run.OfAsync("completion", shell)).Output, StringComparison.Ordinal);

    private static Resource Cluster(string name, string state) => new()
    {
        Cluster = new Cluster { ApiVersion = "fleet/v1", Kind = "Cluster", Metadata = new ObjectMeta { Name = name }, Spec = new ClusterSpec(), Status = new ClusterStatus { State = state } },
    };
}

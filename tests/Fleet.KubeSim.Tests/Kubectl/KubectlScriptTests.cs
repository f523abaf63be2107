using System.Diagnostics;
using System.Text;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests.Kubectl;

/// <summary>kubectl.script, command by command, through stock kubectl.</summary>
public class KubectlScriptTests
{
    [KubectlFact]
    public async Task Script_AllCommands_AnswerAsARealClusterDoes()
    {
        var (files, steps) = KubectlScript.Read(await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Kubectl", "kubectl.script")));
        Assert.True(steps.Count >= 60, $"{steps.Count} commands");
        await using var api = await SimulatedApi.StartAsync(() => new SimulatedClusterOptions { Name = "kubectl", ReadyDelay = TimeSpan.FromMilliseconds(200) });
        var folder = Directory.CreateTempSubdirectory("kubesim-kubectl-").FullName;
        var wrong = new StringBuilder();
        try
        {
            api.Cluster.WriteKubeconfig(Path.Combine(folder, "config"));
            foreach (var (name, text) in files)
            {
                var path = Path.Combine(folder, name);
                await File.WriteAllTextAsync(path, text);
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var node = (await RunAsync(folder, "kubectl get nodes -o jsonpath={.items[0].metadata.name}")).Output;
            foreach (var step in steps)
            {
                var (output, errors, code) = await RunAsync(folder, step.Command.Replace("NODE", node, StringComparison.Ordinal));
                var expected = step.Output.Select(l => l.Replace("NODE", node, StringComparison.Ordinal)).ToList();
                if (code != step.ExitCode || !KubectlScript.Matches(expected, output) || !KubectlScript.Matches(step.Errors, errors))
                {
                    wrong.Append($"\n$ {step.Command}\nwanted ({step.ExitCode}):\n{string.Join('\n', expected)}\n{string.Join('\n', step.Errors.Select(e => "! " + e))}\ngot ({code}):\n{output}\n{string.Join('\n', errors.TrimEnd('\n').Split('\n').Select(e => "! " + e))}\n");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
        Assert.DoesNotContain(api.Cluster.Requests.Snapshot(), r => r.Error is not null);
    }

    [Theory]
    [InlineData("web   2/2   [age]", "web 2/2     13s", true)]
    [InlineData("web   2/2   [age]", "web 1/2     13s", false)]
    [InlineData("web-[id]", "web-5d9c7-x2", true)]
    [InlineData("web-[id]", "web-", false)]
    [InlineData("created [time]", "created Sat, 21 Nov 2026 06:26:22 +0000", true)]
    [InlineData("created [time]", "created Mon, 01 Jan 0001 00:00:00 +0000", false)]
    [InlineData("a\n...\nz", "a\nb\nc\nz\n", true)]
    [InlineData("a\n...\nz", "a\nz\n", true)]
    [InlineData("a\n...\nz", "a\nb\n", false)]
    [InlineData("", "anything", false)]
    public void Matches_Placeholders_StandForWhatTheyName(string expected, string got, bool equal) =>
        Assert.Equal(equal, KubectlScript.Matches(expected.Split('\n'), got));

    [Fact]
    public void Words_Quoted_StayTogether() =>
        Assert.Equal(["kubectl", "patch", "x", "-p={\"a\": 1}"], KubectlScript.Words("kubectl patch x -p='{\"a\": 1}'"));

    private static async Task<(string Output, string Errors, int Code)> RunAsync(string folder, string command)
    {
        var words = KubectlScript.Words(command);
        var start = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = Path.Combine(folder, "config");
        start.Environment["HOME"] = folder;
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        start.Environment["KUBE_EDITOR"] = Path.Combine(folder, "editor");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (await output, await errors, process.ExitCode);
    }
}

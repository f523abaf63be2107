using System.Diagnostics;
using Fleet.Agent.Tests.Fakes;
using Xunit.Abstractions;

namespace Fleet.Agent.Tests.Hosting;

/// <summary>The published program's memory. Run by hand: FLEET_AGENT_BINARY=path dotnet test --filter Footprint; without the variable there is nothing to measure.</summary>
[Trait("Category", "Long")]
public sealed class FootprintTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    public async Task Agent_Idle_StaysSmall(int objects)
    {
        if (Environment.GetEnvironmentVariable("FLEET_AGENT_BINARY") is not { Length: > 0 } binary) return;
        await using var rig = await AgentRig.StartAsync(start: false);
        var folder = Directory.CreateTempSubdirectory("fleet-footprint-").FullName;
        var kubeconfig = Path.Combine(folder, "kubeconfig");
        rig.Cluster.WriteKubeconfig(kubeconfig);
        var started = Stopwatch.GetTimestamp();
        using var agent = Process.Start(new ProcessStartInfo(binary,
            ["--kubeconfig", kubeconfig, "--hub", rig.Hub.Api.ToString(), "--name", "one", "--token", "t.secret", "--ca-pin", rig.Hub.Authority.Pin, "--listen", "127.0.0.1:0"]))!;
        try
        {
            await rig.Hub.UntilAsync(() => rig.Hub.Sessions == 1);
            output.WriteLine($"session after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");
            if (objects > 0)
            {
                var files = Enumerable.Range(0, objects).Select(i => ($"f{i}.yaml", (i % 5) switch
                {
                    0 => Manifests.Deployment($"d{i}"),
                    1 => $"apiVersion: v1\nkind: Service\nmetadata: {{name: s{i}, namespace: default}}\nspec:\n  selector: {{app: d{i}}}\n  ports: [{{port: 80}}]\n",
                    2 => Manifests.ConfigMap($"c{i}", new string('x', 500)),
                    3 => $"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{i}, namespace: default}}\n",
                    _ => $"apiVersion: v1\nkind: Secret\nmetadata: {{name: k{i}, namespace: default}}\nstringData: {{password: x{i}}}\n",
                }));
                var applied = Stopwatch.GetTimestamp();
                await rig.Hub.WaitReadyAsync("many", rig.Hub.Assign("many", Manifests.Files([.. files])), 120);
                output.WriteLine($"{objects} objects ready after {Stopwatch.GetElapsedTime(applied).TotalMilliseconds:0} ms");
                Print(agent, "right after");
            }
            await Task.Delay(10_000);
            Print(agent, "idle");
            if (objects > 0)
            {
                rig.Cluster.Store.Change("apps/v1", "Deployment", "default", "d0", d => d["spec"]!["replicas"] = 5, "kubectl-scale");
                await rig.Hub.WaitForReportAsync("many", r => r.Drifts.Any(d => d.Healed));
                var drift = rig.Hub.ReportOf("many")!.Drifts[0];
                output.WriteLine($"drift healed {(drift.HealedTime.ToDateTime() - drift.SeenTime.ToDateTime()).TotalMilliseconds:0} ms after it was seen");
            }
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync();
            Directory.Delete(folder, true);
        }
    }

    private void Print(Process agent, string when)
    {
        var lines = File.ReadAllLines($"/proc/{agent.Id}/status").Where(l => l.StartsWith("VmRSS", StringComparison.Ordinal) || l.StartsWith("RssAnon", StringComparison.Ordinal) || l.StartsWith("VmHWM", StringComparison.Ordinal) || l.StartsWith("Threads", StringComparison.Ordinal));
        output.WriteLine($"{when}: {string.Join("; ", lines.Select(l => l.Replace('\t', ' ')))}");
    }
}

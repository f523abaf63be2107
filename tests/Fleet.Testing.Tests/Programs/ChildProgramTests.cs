using Fleet.Testing.Programs;

namespace Fleet.Testing.Tests.Programs;

public sealed class ChildProgramTests
{
    private const string Counting = "i=0; while :; do i=$((i+1)); echo \"line $i\"; sleep 0.01; done";

    [Fact]
    public async Task Output_BothStreams_IsCapturedWithTheExitCode()
    {
        await using var program = await ChildProgram.StartAsync("sh", "-c", "echo out; echo err >&2; exit 7");
        Assert.Equal(7, await program.ExitAsync());
        await program.Output.LineAsync("out");
        await program.Output.LineAsync("err");
    }

    [Fact]
    public async Task Kill_RunningProgram_IsGoneWithoutAnotherWord()
    {
        await using var program = await ChildProgram.StartAsync("sh", "-c", "trap 'echo ends in order' TERM EXIT; " + Counting);
        await program.Output.LineAsync("line 3");
        await program.KillAsync();
        Assert.Equal((true, 128 + 9, false), (program.HasExited, program.ExitCode, Directory.Exists($"/proc/{program.Id}")));
        Assert.DoesNotContain("ends in order", program.Output.Lines);
    }

    [Fact]
    public async Task Terminate_Program_EndsInOrder()
    {
        await using var program = await ChildProgram.StartAsync("sh", "-c", "trap 'echo ends in order; exit 3' TERM; " + Counting);
        await program.Output.LineAsync("line 3");
        Assert.Equal(3, await program.TerminateAsync());
        await program.Output.LineAsync("ends in order");
    }

    [Fact]
    public async Task KillAt_NamedPoints_HappensThere()
    {
        var mark = Path.Combine(Path.GetTempPath(), $"fleet-mark-{Guid.NewGuid():N}");
        var seen = new TaskCompletionSource();
        foreach (var point in new[] { KillPoint.Line("line", count: 5), KillPoint.FileExists(mark), KillPoint.When("seen", seen.Task) })
        {
            await using var program = await ChildProgram.StartAsync("sh", "-c", $"touch {mark}; " + Counting);
            seen.TrySetResult();
            await program.KillAtAsync(point);
            Assert.Equal(128 + 9, program.ExitCode);
        }

        File.Delete(mark);
    }

    [Fact]
    public async Task KillAt_PointThatNeverComes_SaysWhichAndShowsTheOutput()
    {
        await using var program = await ChildProgram.StartAsync("sh", "-c", "echo something else");
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => program.KillAtAsync(KillPoint.Line("wanted")));
        Assert.Contains("'wanted'", e.Message, StringComparison.Ordinal);
        Assert.Contains("something else", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pause_Program_StandsStillUntilResumed()
    {
        await using var program = await ChildProgram.StartAsync("sh", "-c", Counting);
        await program.Output.LineAsync("line 2");
        program.Pause();
        await UntilAsync(() => File.ReadAllText($"/proc/{program.Id}/stat").Contains(") T ", StringComparison.Ordinal));
        var count = program.Output.Count;
        program.Resume();
        await program.Output.LineAsync($"line {count + 5}");
    }

    [Fact]
    public async Task LimitFileSize_WritesBeyondIt_FailAndTheProgramLives()
    {
        var file = Path.GetTempFileName();
        await using var program = await ChildProgram.StartAsync("sh", "-c", $"while :; do echo 0123456789 >> {file} || echo refused; sleep 0.01; done");
        await program.LimitFileSizeAsync(100);
        await program.Output.LineAsync("refused");
        Assert.True(new FileInfo(file).Length <= 100);
        await program.LimitFileSizeAsync(null);
        await UntilAsync(() => new FileInfo(file).Length > 150);
        await program.KillAsync();
        File.Delete(file);
    }

    [Fact]
    public async Task ProductProgram_SamePointEveryRun_StartsKilledAndStartsAgain()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-sim-").FullName;
        for (var run = 0; run < 2; run++)
        {
            await using var program = await ChildProgram.StartAsync("fleet-kubesim", "--directory", folder, "--clusters", "1");
            await program.KillAtAsync(KillPoint.FileExists(Path.Combine(folder, "cluster-1.kubeconfig")));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}

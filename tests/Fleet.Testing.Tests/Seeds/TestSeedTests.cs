using Fleet.Testing.Seeds;

namespace Fleet.Testing.Tests.Seeds;

public sealed class TestSeedTests
{
    [Fact]
    public void SameSeedAndName_AnywhereAndAnyTime_GiveTheSameNumbers()
    {
        // The numbers stand here because they must not differ between processes, machines or versions of ours.
        Assert.Equal(TestSeed.For("a", 7).Value, TestSeed.For("a", 7).Value);
        Assert.Equal(1413493115, TestSeed.For("Some_Test", 42).Value);
        Assert.Equal(TestSeed.For("a", 7).Random().Next(), TestSeed.For("a", 7).Random().Next());
    }

    [Fact]
    public void OtherNameOtherSeedOtherPart_GiveOtherNumbers()
    {
        int[] values = [TestSeed.For("a", 7).Value, TestSeed.For("b", 7).Value, TestSeed.For("a", 8).Value, TestSeed.For("a", 7).Part(0).Value, TestSeed.For("a", 7).Part(1).Value, TestSeed.For("a", 7).Part(1).Part(1).Value];
        Assert.Equal(values.Length, values.Distinct().Count());
    }

    [Fact]
    public void Output_OfATest_NamesTheSeedAndTheCommandThatReplaysIt()
    {
        var lines = new List<string>();
        TestSeed.For(lines.Add);
        Assert.Equal($"seed {TestSeed.OfRun}; replay: make test SEED={TestSeed.OfRun} TEST={nameof(Output_OfATest_NamesTheSeedAndTheCommandThatReplaysIt)}", Assert.Single(lines));
    }

    [Fact]
    public async Task Failure_InOneRunOfMany_NamesSeedRunAndCause()
    {
        var runs = 0;
        var failure = await Assert.ThrowsAsync<SeededFailureException>(() => TestSeed.For("Many", 9).ForEachAsync(10, (run, _) =>
        {
            runs++;
            return run == 3 ? throw new InvalidOperationException("broke") : Task.CompletedTask;
        }));
        Assert.Equal(4, runs);
        Assert.StartsWith("seed 9; replay: make test SEED=9 TEST=Many RUN=3\nInvalidOperationException: broke", failure.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(failure.InnerException);
        Assert.Contains("seed 9", Assert.Throws<SeededFailureException>(() => TestSeed.For("One", 9).Run(_ => throw new InvalidOperationException())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SeededFailureException>(() => TestSeed.For("One", 9).RunAsync(_ => Task.FromException(new InvalidOperationException())));
    }

    [Fact]
    public void Part_AfterAnyOtherUse_IsTheSame()
    {
        var seed = TestSeed.For("a", 7);
        var before = seed.Random(5).Next();
        seed.Random().Next();
        Assert.Equal(before, seed.Random(5).Next());
    }
}

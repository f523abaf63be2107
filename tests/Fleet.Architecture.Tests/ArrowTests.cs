namespace Fleet.Architecture.Tests;

public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Fleet.Grpc"] = [],
        ["Fleet.Grpc.AspNetCore"] = ["Fleet.Grpc"],
        ["Fleet.Protos"] = ["Fleet.Grpc"],
        ["Fleet.Hub.Core"] = ["Fleet.Protos"],
        ["Fleet.Hub.Git"] = ["Fleet.Hub.Core"],
        ["Fleet.Hub.Storage"] = ["Fleet.Hub.Core"],
        ["Fleet.Hub"] = ["Fleet.Hub.Core", "Fleet.Hub.Git", "Fleet.Hub.Storage", "Fleet.Protos", "Fleet.Grpc.AspNetCore"],
        ["Fleet.Agent.Core"] = ["Fleet.Protos"],
        ["Fleet.Rendering"] = [],
        ["Fleet.Agent"] = ["Fleet.Agent.Core", "Fleet.Rendering", "Fleet.Protos"],
        ["Fleet.KubeSim"] = [],
        ["Fleet.Cli"] = ["Fleet.Protos", "Fleet.Rendering", "Fleet.Hub", "Fleet.Agent", "Fleet.KubeSim"],
        ["Fleet.Bench"] = ["Fleet.Hub", "Fleet.Agent", "Fleet.KubeSim", "Fleet.Protos", "Fleet.Agent.Core", "Fleet.Rendering", "Fleet.Cli", "Fleet.Testing"],
    };

    public static TheoryData<string> Products => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Products))]
    public void Project_References_OnlyWhatTheHouseAllows(string project)
    {
        var wrong = House.References(project).Except(Allowed[project]).ToArray();
        Assert.True(wrong.Length == 0, $"{project} may not reference {string.Join(", ", wrong)} (docs/architecture.md, The house)");
    }

    [Fact]
    public void Projects_AllProducts_StandInTheTable()
    {
        var unknown = House.Projects.Keys.Where(p => !p.EndsWith(".Tests", StringComparison.Ordinal) && p != "Fleet.Testing").Except(Allowed.Keys);
        Assert.Empty(unknown);
    }

    [Fact]
    public void Projects_AllButTheBench_HaveTests()
    {
        // Fleet.Grpc.AspNetCore is the server half of Fleet.Grpc and is tested with it.
        var without = Allowed.Keys.Except(["Fleet.Bench", "Fleet.Grpc.AspNetCore"]).Where(p => !House.Projects.ContainsKey(p + ".Tests"));
        Assert.Empty(without);
    }

    [Theory]
    [InlineData("Fleet.Hub.Core")]
    [InlineData("Fleet.Agent.Core")]
    public void Core_Packages_None(string project) => Assert.Empty(House.Packages(project));
}

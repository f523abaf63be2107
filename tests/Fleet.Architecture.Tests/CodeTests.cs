using System.Text.RegularExpressions;

namespace Fleet.Architecture.Tests;

public sealed partial class CodeTests
{
    private const int MaxLines = 400;

    [Fact]
    public void Files_Over400Lines_SayWhyInTheirHeader()
    {
        var wrong = House.SourceFiles([.. House.ProductFolders, "tests"])
            .Select(f => (File: f, Lines: File.ReadAllLines(f)))
            .Where(f => f.Lines.Length > MaxLines && !f.Lines.Take(10).Any(l => l.Contains("Over 400 lines:", StringComparison.Ordinal)))
            .Select(f => $"{House.Relative(f.File)}: {f.Lines.Length} lines");
        AssertNone(wrong, "split them, or say 'Over 400 lines: why' in the header");
    }

    [Fact]
    public void Types_BannedSuffixes_None() => AssertNone(
        from file in House.SourceFiles(House.ProductFolders)
        from Match m in TypeDeclaration().Matches(House.Code(file))
        where BannedName().IsMatch(m.Groups[2].Value)
        select $"{House.Relative(file)}: {m.Groups[2].Value}", "name the domain word instead");

    [Fact]
    public void Folders_BannedNames_None() => AssertNone(
        House.SourceFiles(House.ProductFolders)
            .Select(f => House.Relative(Path.GetDirectoryName(f)!)).Distinct()
            .Where(d => d.Split('/').Any(p => BannedName().IsMatch(p))), "name the domain word instead");

    [Fact]
    public void Cores_ClockTasksAndInputOutput_None() => AssertNone(
        from file in House.SourceFiles("hub/Fleet.Hub.Core", "agent/Fleet.Agent.Core")
        from Match m in Impure().Matches(House.Code(file))
        select $"{House.Relative(file)}: {m.Value}", "a Core decides; the shell does");

    [Fact]
    public void Product_RawClocksAndSleeps_None() => AssertNone(
        from file in House.SourceFiles("protos", "hub", "agent", "sim")
        from Match m in RawClock().Matches(House.Code(file))
        select $"{House.Relative(file)}: {m.Value}", "inject TimeProvider");

    [Fact]
    public void LogEvents_Names_AreUnique()
    {
        var names = from file in House.SourceFiles(House.ProductFolders)
                    from Match m in EventName().Matches(File.ReadAllText(file))
                    group House.Relative(file) by m.Groups[1].Value into g
                    where g.Count() > 1
                    select $"{g.Key}: {string.Join(", ", g)}";
        AssertNone(names, "one event, one name");
    }

    [Fact]
    public void Tests_RandomnessWithoutTheSharedSeed_None() => AssertNone(
        from file in House.SourceFiles("tests")
        where !House.Relative(file).StartsWith("tests/Fleet.Testing/Seeds/", StringComparison.Ordinal)
        from Match m in UnseededRandom().Matches(House.Code(file))
        select $"{House.Relative(file)}: {m.Value}", "take it from TestSeed (tests/Fleet.Testing/Seeds), so that a failure can be replayed");

    private static void AssertNone(IEnumerable<string> wrong, string mend)
    {
        var list = wrong.Distinct().ToArray();
        Assert.True(list.Length == 0, $"{mend}:\n{string.Join('\n', list)}");
    }

    [GeneratedRegex(@"\b(class|record|struct|interface|enum|record struct|record class)\s+([A-Z]\w+)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilit(y|ies)|Common|Processor|Data|Info)$")]
    private static partial Regex BannedName();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(UtcNow|Now)\b|\bTask\b|\bStopwatch\b|\bFile\.\w+\(|\bDirectory\.\w+\(|\bHttpClient\b|\bGuid\.NewGuid\b|\bRandom\b|\bEnvironment\.(TickCount|GetEnvironmentVariable)")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(UtcNow|Now)\b|\bThread\.Sleep\b|\basync void\b")]
    private static partial Regex RawClock();

    [GeneratedRegex(@"\bnew\s+(System\.)?Random\s*\(|\bRandom\.Shared\b|\bRandom\s+\w+\s*=\s*new\s*\(")]
    private static partial Regex UnseededRandom();

    [GeneratedRegex(@"EventName\s*=\s*""([^""]+)""")]
    private static partial Regex EventName();
}

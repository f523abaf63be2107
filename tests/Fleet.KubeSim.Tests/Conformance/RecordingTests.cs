using Fleet.KubeSim.Conformance;

namespace Fleet.KubeSim.Tests.Conformance;

/// <summary>Every recorded conversation with a real API server, where the recordings are at hand.</summary>
public class RecordingTests
{
    /// <summary>Scenarios that are not equal, each with its reason in sim/README.md: none.</summary>
    private static readonly string[] KnownDifferent = [];

    public static TheoryData<string> Scenarios()
    {
        var data = new TheoryData<string>();
        if (Folder() is { } folder)
        {
            foreach (var file in ConformanceRun.Find([folder]))
            {
                data.Add(Path.GetFileNameWithoutExtension(file));
            }
        }
        else
        {
            data.Add("");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Scenario_Replayed_EqualToTheRecording(string scenario)
    {
        if (Folder() is not { } folder)
        {
            // The recordings are not part of this repository; FLEET_CONFORMANCE names their folder.
            return;
        }

        var result = await ConformanceRun.PlayAsync(Path.Combine(folder, scenario + ".json"));

        if (KnownDifferent.Contains(scenario))
        {
            return;
        }

        Assert.True(result.Equal, string.Join('\n', result.Differences.Take(20)));
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("FLEET_CONFORMANCE") is { Length: > 0 } given)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "shared", "conformance", "kube-api");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}

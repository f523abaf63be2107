using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>Which of a pod's images cannot be pulled, and which take longer.</summary>
internal static class PodImages
{
    public static string? Broken(JsonObject spec, SimulatedClusterOptions options) =>
        Images(spec).FirstOrDefault(i => options.BrokenImages.Any(p => Matches(p, i)));

    public static TimeSpan ExtraTime(JsonObject spec, SimulatedClusterOptions options)
    {
        var slowest = TimeSpan.Zero;
        foreach (var image in Images(spec))
        {
            foreach (var (pattern, extra) in options.SlowImages)
            {
                slowest = Matches(pattern, image) && extra > slowest ? extra : slowest;
            }
        }

        return slowest;
    }

    private static IEnumerable<string> Images(JsonObject spec) =>
        (spec.List("initContainers") ?? []).Concat(spec.List("containers") ?? []).OfType<JsonObject>().Select(c => c.Text("image") ?? "");

    private static bool Matches(string pattern, string image) =>
        pattern.EndsWith('*') ? image.StartsWith(pattern[..^1], StringComparison.Ordinal) : image == pattern;
}

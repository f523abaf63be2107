using System.Globalization;
using Fleet.KubeSim.Conformance;

namespace Fleet.KubeSim.Commands;

/// <summary>Replays transcripts and prints each difference.</summary>
internal static class ConformanceCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var (places, only, most) = (new List<string>(), "", 20);
        var excused = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--only" when i + 1 < arguments.Length:
                    only = arguments[++i];
                    break;
                case "--max" when i + 1 < arguments.Length && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out most):
                    i++;
                    break;
                case "--excused" when i + 1 < arguments.Length && File.Exists(arguments[i + 1]):
                    excused = Excuses.Read(await File.ReadAllLinesAsync(arguments[++i]));
                    break;
                case ['-', ..]:
                    await Console.Error.WriteLineAsync($"'{arguments[i]}' is not understood.\n{ServeCommand.Usage}");
                    return 2;
                default:
                    places.Add(arguments[i]);
                    break;
            }
        }

        if (places.Count == 0 || !places.All(Path.Exists))
        {
            await Console.Error.WriteLineAsync($"There are no transcripts: name a folder or files that exist.\n{ServeCommand.Usage}");
            return 2;
        }

        var (equal, total, wrong) = (0, 0, 0);
        foreach (var file in ConformanceRun.Find(places, only))
        {
            var result = await ConformanceRun.PlayAsync(file);
            total++;
            equal += result.Equal ? 1 : 0;
            if (!result.Equal && excused.TryGetValue(result.Scenario, out var reason))
            {
                Console.WriteLine($"{result.Scenario} differs, as is known: {reason}");
            }
            else if (!result.Equal)
            {
                wrong++;
            }

            foreach (var difference in result.Differences.Take(most))
            {
                Console.WriteLine($"{result.Scenario} {difference}");
            }

            if (result.Differences.Count > most)
            {
                Console.WriteLine($"{result.Scenario}: {result.Differences.Count - most} more differences");
            }
        }

        Console.WriteLine($"equal: {equal} of {total}");
        return wrong == 0 ? 0 : 1;
    }
}

using Fleet.Bench.Benches;

namespace Fleet.Bench;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchRequest(IReadOnlyList<IBench> Benches, string Out, string Agent, bool Quick, bool Help);

/// <summary>Reads fleet-bench's command line.</summary>
internal static class BenchArguments
{
    public static string Help(IReadOnlyList<IBench> all) => $"""
        fleet-bench: measures Fleet on simulated clusters. Results and how they were taken: docs/performance.md.

        usage: fleet-bench [NAME...] [--out FILE] [--quick] [--agent FILE]

        {string.Join('\n', all.Select(b => $"  {b.Name,-8} {b.Summary}"))}

          --out FILE    also write the figures as JSON
          --quick       fewer clusters and rounds: shows that a bench works, not a figure to keep
          --agent FILE  a published fleet-agent (default: it is published first, as scripts/publish does)
          --help
        Without a NAME all run, one after the other.
        """;

    public static (BenchRequest? Request, string Error) Parse(string[] arguments, IReadOnlyList<IBench> all)
    {
        var chosen = new List<IBench>();
        var (file, agent, quick, help) = ("", "", false, false);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--help" or "-h":
                    help = true;
                    break;
                case "--quick":
                    quick = true;
                    break;
                case "--out" when i + 1 < arguments.Length:
                    file = arguments[++i];
                    break;
                case "--agent" when i + 1 < arguments.Length:
                    agent = Path.GetFullPath(arguments[++i]);
                    break;
                case var name when all.FirstOrDefault(b => b.Name == name) is { } bench:
                    chosen.Add(bench);
                    break;
                default:
                    return (null, $"fleet-bench: '{arguments[i]}' is no bench and no option, or lacks its value. See fleet-bench --help.");
            }
        }

        return (new BenchRequest(chosen.Count > 0 ? chosen : all, file, agent, quick, help), "");
    }
}

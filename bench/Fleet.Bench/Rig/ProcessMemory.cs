using System.Globalization;

namespace Fleet.Bench.Rig;

/// <summary>A process's memory as the kernel counts it, in MiB.</summary>
/// <param name="Resident">VmRSS: everything in memory, the program's own file pages included.</param>
/// <param name="Anonymous">RssAnon: heap, stacks and compiled code, what cannot be dropped under pressure.</param>
/// <param name="Private">Private pages of smaps_rollup: what ending the process would free.</param>
/// <param name="Peak">VmHWM: the most that was ever resident.</param>
internal sealed record ProcessMemory(double Resident, double Anonymous, double Private, double Peak)
{
    public static ProcessMemory Of(int pid)
    {
        var status = Read($"/proc/{pid}/status");
        var rollup = Read($"/proc/{pid}/smaps_rollup");
        return new ProcessMemory(
            Mebibytes(status, "VmRSS"), Mebibytes(status, "RssAnon"), Mebibytes(rollup, "Private_Clean") + Mebibytes(rollup, "Private_Dirty"), Mebibytes(status, "VmHWM"));
    }

    /// <summary>Processor time used so far.</summary>
    public static TimeSpan Processor(int pid)
    {
        // Fields 14 and 15 after the name in parentheses, in ticks of 1/100 s.
        var fields = File.ReadAllText($"/proc/{pid}/stat").Split(')').Last().Trim().Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0);
    }

    private static Dictionary<string, string> Read(string file) =>
        File.ReadLines(file).Select(l => l.Split(':', 2)).Where(p => p.Length == 2).DistinctBy(p => p[0]).ToDictionary(p => p[0], p => p[1].Trim(), StringComparer.Ordinal);

    private static double Mebibytes(Dictionary<string, string> values, string key) =>
        values.TryGetValue(key, out var text) ? double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) / 1024 : 0;
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Fleet.Bench.Figures;

/// <summary>The machine that figures were taken on, as far as Linux tells.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var model = Line("/proc/cpuinfo", "model name");
        var memory = double.TryParse(Line("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture, out var kib) ? kib / 1024 / 1024 : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} × {model}, {memory:0} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
    }

    /// <summary>The load of the last minute; 0 where it is not known.</summary>
    public static double Load() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out var load) ? load : 0;

    private static string Line(string file, string key) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? ""
        : "";
}

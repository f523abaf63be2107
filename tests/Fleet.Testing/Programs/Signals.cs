using System.Runtime.InteropServices;

namespace Fleet.Testing.Programs;

/// <summary>Signals to one process by its id.</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Interrupt = 2;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>False when there is no such process any more.</summary>
    public static bool Send(int process, int signal) => SendSignal(process, signal) == 0;

    /// <summary>The ids of a process' children.</summary>
    public static IReadOnlyList<int> Children(int process)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    public static bool IsAlive(int process)
    {
        try
        {
            // A zombie has let go of all it held.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

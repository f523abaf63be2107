using System.Diagnostics;

namespace Fleet.Testing.Disks;

/// <summary>A disk of its own, small enough to be filled: a tmpfs, for which we must be root and allowed to mount.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private const int DiskFull = 28;
    private static readonly Lazy<string?> Problem = new(Probe);
    private readonly List<string> _ballast = [];

    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Null when small disks can be made here, else why not. <see cref="Programs.ChildProgram.LimitFileSizeAsync"/> needs no rights.</summary>
    public static string? WhyNot => Problem.Value;

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>In bytes.</summary>
    public long Free => new DriveInfo(Folder).AvailableFreeSpace;

    public static SmallDisk Mount(long bytes)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={bytes},mode=0700", "fleet-disk", folder) is { } error)
        {
            Directory.Delete(folder);
            throw new InvalidOperationException($"A small disk cannot be mounted: {error}");
        }

        return new(folder);
    }

    /// <summary>Fills it but for so many bytes.</summary>
    public void Fill(long but = 0)
    {
        var path = Path.Combine(Folder, $".ballast-{_ballast.Count}");
        _ballast.Add(path);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var bytes = new byte[4096];
        try
        {
            while (Free > but)
            {
                file.Write(bytes);
            }
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == DiskFull)
        {
            // That was the purpose.
        }
    }

    /// <summary>Takes away what filled it.</summary>
    public void Clear()
    {
        _ballast.ForEach(File.Delete);
        _ballast.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Run(() => Run("umount", "-l", Folder));
        Directory.Delete(Folder);
    }

    private static string? Probe()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "only root can mount a small disk";
        }

        var folder = Directory.CreateTempSubdirectory("fleet-disk-").FullName;
        try
        {
            return Run("mount", "-t", "tmpfs", "-o", "size=64k", "fleet-disk", folder) is { } error ? $"no small disk can be mounted here: {error}" : Run("umount", "-l", folder);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>Null when it went well, else what it said.</summary>
    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : error.Trim() is { Length: > 0 } words ? words : $"{program} ended with {process.ExitCode}";
    }
}

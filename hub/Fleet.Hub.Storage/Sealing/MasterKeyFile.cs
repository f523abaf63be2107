namespace Fleet.Hub.Storage.Sealing;

/// <summary>Where the master key lies: a file of mode 0600. Several lines are several keys, the first seals and the others open what was sealed before.</summary>
public static class MasterKeyFile
{
    /// <summary>Reads the keys.</summary>
    /// <exception cref="StorageException">Missing, readable by others, or not keys.</exception>
    public static IReadOnlyList<MasterKey> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new StorageException(StorageFailure.Sealed, $"The master key file {path} does not exist. Restore it from your backup of keys; without it the hub's CA key and the Git credentials cannot be opened.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
        {
            throw new StorageException(StorageFailure.Sealed, $"The master key file {path} can be read by every user of this machine. Run: chmod 600 {path}");
        }

        var lines = File.ReadAllLines(path).Where(line => line.Trim().Length > 0 && !line.StartsWith('#')).ToArray();
        return lines.Length > 0
            ? [.. lines.Select(MasterKey.Parse)]
            : throw new StorageException(StorageFailure.Sealed, $"The master key file {path} is empty. Restore it from your backup of keys.");
    }

    /// <summary>Reads the keys, or at first start makes one; the second value says that it was made.</summary>
    public static (IReadOnlyList<MasterKey> Keys, bool Created) ReadOrCreate(string path)
    {
        if (File.Exists(path))
        {
            return (Read(path), false);
        }

        var key = MasterKey.Create();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(path, options);
        using (var writer = new StreamWriter(stream, leaveOpen: true))
        {
            writer.WriteLine(key.Export());
        }

        // A key that is lost to a power cut takes with it everything sealed meanwhile.
        stream.Flush(flushToDisk: true);
        return ([key], true);
    }
}

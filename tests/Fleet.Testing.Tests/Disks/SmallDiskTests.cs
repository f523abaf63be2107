using Fleet.Testing.Disks;

namespace Fleet.Testing.Tests.Disks;

public sealed class SmallDiskTests
{
    [SmallDiskFact]
    public async Task FullDisk_AWrite_FailsUntilThereIsSpaceAgain()
    {
        await using var disk = SmallDisk.Mount(1 << 20);
        var file = Path.Combine(disk.Folder, "file");
        await File.WriteAllBytesAsync(file, new byte[1000]);
        disk.Fill();
        Assert.Equal(0, disk.Free);
        var full = await Assert.ThrowsAsync<IOException>(() => File.WriteAllBytesAsync(file + "2", new byte[100_000]));
        Assert.Contains("No space left", full.Message, StringComparison.Ordinal);
        disk.Clear();
        await File.WriteAllBytesAsync(file + "2", new byte[100_000]);
        Assert.Equal(1000, new FileInfo(file).Length);
    }

    [SmallDiskFact]
    public async Task Fill_AllButALittle_LeavesThat()
    {
        await using var disk = SmallDisk.Mount(1 << 20);
        disk.Fill(but: 64 << 10);
        Assert.InRange(disk.Free, 60 << 10, 64 << 10);
    }

    [SmallDiskFact]
    public async Task Disk_Disposed_LeavesNothingBehind()
    {
        string folder;
        await using (var disk = SmallDisk.Mount(1 << 20))
        {
            folder = disk.Folder;
            disk.Fill();
        }

        Assert.False(Directory.Exists(folder));
    }
}

using Fleet.Testing.Disks;

namespace Fleet.Testing.Tests.Disks;

/// <summary>A test that needs a disk to fill; skipped, with the reason, where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.WhyNot;
}

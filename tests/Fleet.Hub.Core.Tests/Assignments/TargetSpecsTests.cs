using Fleet.Hub.Core.Assignments;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Assignments;

public class TargetSpecsTests
{
    private static Assignment Plain() => new()
    {
        Metadata = new ObjectMeta { Name = "web", Uid = "u1" },
        Spec = new AssignmentSpec { Source = "shop", Path = "apps/web" },
    };

    [Fact]
    public void Build_DefaultsWrittenOrLeftOut_IsTheSameSpec()
    {
        var spelled = Plain();
        spelled.Spec.Adopt = "ifEqual";
        spelled.Spec.Render = new RenderSpec { Format = "raw", DefaultNamespace = "default", NonManifests = "error", Duplicates = "error" };
        spelled.Spec.Drift = new DriftSpec { Mode = "correct" };
        spelled.Spec.Prune = new PruneSpec { Enabled = true };
        spelled.Spec.Path = "./apps/web/";

        Assert.Equal(SpecDigests.Of(TargetSpecs.Build(Plain(), "s1")), SpecDigests.Of(TargetSpecs.Build(spelled, "s1")));
    }

    [Fact]
    public void Build_RolloutOrGroupsChange_DoesNotChangeWhatAgentsGet()
    {
        var other = Plain();
        other.Spec.Groups.Add("production");
        other.Spec.Rollout = new RolloutSpec { MaxConcurrent = "1" };
        other.Spec.Ref = "v2";
        other.Spec.OnRemove = "delete";

        Assert.Equal(SpecDigests.Of(TargetSpecs.Build(Plain(), "s1")), SpecDigests.Of(TargetSpecs.Build(other, "s1")));
    }

    [Fact]
    public void Build_PruneTurnedOff_IsOff()
    {
        var off = Plain();
        off.Spec.Prune = new PruneSpec { Enabled = false };
        Assert.False(TargetSpecs.Build(off, "s1").Prune);

        off.Spec.Prune = new PruneSpec();
        Assert.True(TargetSpecs.Build(off, "s1").Prune);
    }

    [Fact]
    public void Build_SuspendedCluster_SuspendsItsTarget() =>
        Assert.True(TargetSpecs.Build(Plain(), "s1", suspension: new Suspension(null, "")).Suspend);
}

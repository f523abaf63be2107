using Fleet.V1;

namespace Fleet.Hub.Core.Resources;

/// <summary>
/// Writes the defaults into what is stored, so that a reader sees what is in force and a later version with other
/// defaults changes nothing that was applied before it.
/// </summary>
public static class Defaults
{
    /// <summary>Fills in what the user left out.</summary>
    public static void Apply(Resource resource)
    {
        switch (resource.KindCase)
        {
            case Resource.KindOneofCase.GitSource:
                Apply(resource.GitSource.Spec ??= new GitSourceSpec());
                break;
            case Resource.KindOneofCase.ClusterGroup:
                resource.ClusterGroup.Spec ??= new ClusterGroupSpec();
                break;
            case Resource.KindOneofCase.Assignment:
                Apply(resource.Assignment.Spec ??= new AssignmentSpec());
                break;
            case Resource.KindOneofCase.Cluster:
                resource.Cluster.Spec ??= new ClusterSpec();
                break;
            case Resource.KindOneofCase.EnrollmentToken:
                Apply(resource.EnrollmentToken.Spec ??= new EnrollmentTokenSpec());
                break;
        }
    }

    private static void Apply(GitSourceSpec spec) => spec.PollInterval = Or(spec.PollInterval, "30s");

    private static void Apply(AssignmentSpec spec)
    {
        spec.Path = Or(spec.Path, ".");
        spec.OnRemove = Or(spec.OnRemove, "keep");
        spec.Adopt = Or(spec.Adopt, "ifEqual");
        spec.Render ??= new RenderSpec();
        spec.Render.Format = Or(spec.Render.Format, "raw");
        spec.Render.DefaultNamespace = Or(spec.Render.DefaultNamespace, "default");
        spec.Render.NonManifests = Or(spec.Render.NonManifests, "error");
        spec.Render.Duplicates = Or(spec.Render.Duplicates, "error");
        spec.Drift ??= new DriftSpec();
        spec.Drift.Mode = Or(spec.Drift.Mode, "correct");
        spec.Prune ??= new PruneSpec();
        if (!spec.Prune.HasEnabled)
        {
            spec.Prune.Enabled = true;
        }
    }

    private static void Apply(EnrollmentTokenSpec spec)
    {
        spec.ClusterNames = Or(spec.ClusterNames, "*");
        spec.Uses = spec.Uses == 0 ? 1 : spec.Uses;
        spec.Ttl = Or(spec.Ttl, "1h");
    }

    private static string Or(string written, string fallback) => written.Length == 0 ? fallback : written;
}

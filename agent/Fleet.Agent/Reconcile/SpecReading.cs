using Fleet.Agent.Apply;
using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Plan;
using Fleet.Rendering;
using Fleet.Rendering.Files;

namespace Fleet.Agent.Reconcile;

/// <summary>How an Assignment's words on the wire are read: the only place where they are turned into the Core's. What a newer hub may add falls back to the careful side.</summary>
internal static class SpecReading
{
    public static DriftMode Drift(V1.TargetSpec spec) => spec.Drift?.Mode switch
    {
        "report" => DriftMode.Report,
        "ignore" => DriftMode.Ignore,
        _ => DriftMode.Correct,
    };

    /// <summary>A suspension for a stated time ends by itself, whether the hub can be reached or not.</summary>
    public static bool IsSuspended(V1.TargetSpec spec, DateTimeOffset now) => spec.Suspend && (spec.SuspendUntil is not { } until || now < until.ToDateTimeOffset());

    public static DateTimeOffset? SuspendedUntil(V1.TargetSpec spec, DateTimeOffset now) => IsSuspended(spec, now) ? spec.SuspendUntil?.ToDateTimeOffset() : null;

    public static ApplyPolicy Policy(V1.TargetSpec spec, Ownership owner) => new(owner, Adopt(spec), Ignored(spec), spec.Force);

    public static IReadOnlyList<IgnoreRule> Ignored(V1.TargetSpec spec) =>
        [.. (spec.Drift?.Ignore ?? []).Select(r => new IgnoreRule(r.Group, r.Kind, r.Namespace, r.Name, [.. r.Fields]))];

    public static AdoptPolicy Adopt(V1.TargetSpec spec) => spec.Adopt switch
    {
        "always" => AdoptPolicy.Always,
        "never" => AdoptPolicy.Never,
        _ => AdoptPolicy.IfEqual,
    };

    /// <summary>The folders that rendering may read; the path itself always.</summary>
    public static IReadOnlyList<string> Roots(V1.TargetSpec spec, out string path)
    {
        if (!TreePath.TryNormalise(spec.Path, out path)) path = "\0";
        var roots = new List<string> { path };
        foreach (var root in spec.ReadRoots)
        {
            if (TreePath.TryNormalise(root, out var normal)) roots.Add(normal);
        }
        return [.. roots.Distinct(StringComparer.Ordinal)];
    }

    public static RenderRequest Request(V1.TargetSpec spec, string path, IFileTree files)
    {
        var render = spec.Render ?? new();
        return new(files, path)
        {
            Raw = new()
            {
                Recursive = render.Recursive,
                Include = [.. render.Include],
                Exclude = [.. render.Exclude],
                NonManifests = render.NonManifests == "skip" ? NonManifests.Skip : NonManifests.Error,
            },
            Namespace = render.Namespace,
            DefaultNamespace = render.DefaultNamespace,
            Labels = render.CommonLabels,
            Annotations = render.CommonAnnotations,
            Duplicates = render.Duplicates == "last" ? Duplicates.Last : Duplicates.Error,
        };
    }

    /// <summary>What an operator released for this very revision: an old word never covers a later mass removal.</summary>
    public static PruneConsent Consent(V1.Target target)
    {
        bool Has(string reason) => target.ReleasedHolds.Contains($"{reason}:{target.Revision}");
        return new(Has(nameof(KeepReason.MassPrune)), Has(nameof(KeepReason.EmptyRender)), Has(nameof(KeepReason.ProtectedKind)));
    }
}

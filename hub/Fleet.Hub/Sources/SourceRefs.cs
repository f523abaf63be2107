using Fleet.V1;

namespace Fleet.Hub.Sources;

/// <summary>How refs are named between Assignments and what is stored of a source.</summary>
internal static class SourceRefs
{
    public const string Head = "HEAD";

    /// <summary>The ref that an Assignment names; HEAD when it names none.</summary>
    public static string Of(AssignmentSpec spec) => string.IsNullOrWhiteSpace(spec.Ref) ? Head : spec.Ref.Trim();
}

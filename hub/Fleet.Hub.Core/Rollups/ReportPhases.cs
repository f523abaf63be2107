using Fleet.V1;

namespace Fleet.Hub.Core.Rollups;

/// <summary>The words that operators see for phases; the store keeps them too.</summary>
public static class ReportPhases
{
    /// <summary>Such as Ready. A phase of a newer agent is Unknown.</summary>
    public static string Name(ReportPhase phase) => Enum.IsDefined(phase) ? phase.ToString() : nameof(ReportPhase.Unknown);

    /// <summary>The phase of a word; null for none.</summary>
    public static ReportPhase? Parse(string? word) =>
        string.IsNullOrEmpty(word) ? null : Enum.TryParse<ReportPhase>(word, out var phase) ? phase : ReportPhase.Unknown;
}

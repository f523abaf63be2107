namespace Fleet.Rendering;

/// <summary>Something in the files that stops rendering: where it is, what it is, and what to do about it.</summary>
/// <param name="File">The path inside the repository.</param>
/// <param name="Line">From 1; 0 when the whole file is meant.</param>
/// <param name="Column">From 1; 0 when the whole line is meant.</param>
/// <param name="Problem">What was found.</param>
/// <param name="Advice">What to write instead, or where to look.</param>
public sealed record RenderError(string File, int Line, int Column, string Problem, string Advice)
{
    public string Place => Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";

    public override string ToString() => Advice.Length == 0 ? $"{Place}: {Problem}" : $"{Place}: {Problem}. {Advice}";
}

namespace Fleet.Rendering;

/// <summary>What the steps of one rendering share: the request, and what was found wrong or worth a note.</summary>
internal sealed class RenderContext(RenderRequest request)
{
    private const int MaxNotes = 200;
    private readonly List<RenderError> _errors = [];
    private readonly List<string> _notes = [];
    private int _moreErrors;
    private int _moreNotes;

    public RenderRequest Request => request;
    public RenderLimits Limits => request.Limits;
    public bool HasErrors => _errors.Count > 0;

    public void Error(string file, int line, int column, string problem, string advice)
    {
        if (_errors.Count < Limits.Errors) _errors.Add(new(file, line, column, problem, advice));
        else _moreErrors++;
    }

    public void Error(RenderedObject at, string problem, string advice) => Error(at.File, at.Line, 0, problem, advice);

    public void Note(string text)
    {
        if (_notes.Count < MaxNotes) _notes.Add(text);
        else _moreNotes++;
    }

    public RenderResult Result(IReadOnlyList<RenderedObject> objects) => new(HasErrors ? [] : objects,
        [.. _errors.OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line).ThenBy(e => e.Column)], _moreErrors,
        _moreNotes == 0 ? [.. _notes] : [.. _notes, $"and {_moreNotes} more notes"]);
}

using Fleet.V1;

namespace Fleet.Hub.Api.Decoding;

/// <summary>Every mistake of every file of a call, in the order of the files.</summary>
internal sealed class ViolationList
{
    private readonly List<ApplyViolation> _found = [];

    public IReadOnlyList<ApplyViolation> Found => _found;

    public bool Any => _found.Count > 0;

    public void Add(string file, YamlMark mark, string key, string message)
    {
        if (_found.Count < DecodeLimits.MaxViolations)
        {
            _found.Add(new ApplyViolation { File = file, Line = mark.Line, Column = mark.Column, Key = key, Message = message });
        }
    }
}

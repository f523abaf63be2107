namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>Collects what the validators of one resource find: all of it, not the first.</summary>
internal sealed class Violations
{
    // A file made by an attacker or a script could hold millions; nobody reads beyond these.
    private const int Max = 200;

    private readonly List<Violation> _found = [];

    public IReadOnlyList<Violation> Found => _found;

    public void Add(string key, string message)
    {
        if (_found.Count < Max)
        {
            _found.Add(new Violation(key, message));
        }
    }

    /// <summary>Adds a problem when there is one.</summary>
    public void Check(string key, string? problem)
    {
        if (problem is not null)
        {
            Add(key, problem);
        }
    }

    /// <summary>A word out of a fixed list; empty means the default.</summary>
    public void CheckChoice(string key, string written, IReadOnlyList<string> choices)
    {
        if (written.Length > 0 && !choices.Contains(written))
        {
            Add(key, $"{Quoting.Quote(written)} is not allowed here: write {Quoting.Choices(choices)}.{Closest.Hint(written, choices)}");
        }
    }

    /// <summary>A duration within limits; empty means the default.</summary>
    public void CheckDuration(string key, string written, TimeSpan min, TimeSpan max)
    {
        if (written.Length == 0)
        {
            return;
        }

        if (!Durations.TryParse(written, out var duration))
        {
            Add(key, $"{Quoting.Quote(written)} is not a duration: write a number and a unit (ms, s, m, h or d), such as 30s, 5m or 1h30m.");
        }
        else if (duration < min || duration > max)
        {
            Add(key, $"{written} is out of range: write a duration from {Durations.Format(min)} to {Durations.Format(max)}.");
        }
    }

    /// <summary>Names that refer to other resources: well formed and each once.</summary>
    public void CheckNames(string key, IReadOnlyList<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            var item = KeyPaths.Item(key, i);
            Check(item, Names.Problem(names[i]));
            if (!seen.Add(names[i]))
            {
                Add(item, $"{Quoting.Quote(names[i])} stands here twice: remove one.");
            }
        }
    }

    /// <summary>A map of labels.</summary>
    public void CheckLabels(string key, IDictionary<string, string> labels)
    {
        foreach (var (name, value) in labels)
        {
            var entry = KeyPaths.Entry(key, name);
            Check(entry, LabelSyntax.KeyProblem(name));
            Check(entry, LabelSyntax.ValueProblem(value));
        }
    }
}

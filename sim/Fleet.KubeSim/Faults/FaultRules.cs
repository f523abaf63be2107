using Fleet.KubeSim.Requests;

namespace Fleet.KubeSim.Faults;

/// <summary>The faults that a simulated cluster has at the moment; the first rule that matches a request decides.</summary>
public sealed class FaultRules
{
    private readonly Lock _gate = new();
    private readonly List<State> _rules = [];
    private readonly Random _random;

    internal FaultRules(int seed) => _random = new Random(seed);

    public void Add(FaultRule rule)
    {
        lock (_gate)
        {
            _rules.Add(new State(rule));
        }
    }

    /// <summary>Removes the rules of a name, spent ones included.</summary>
    public void Remove(string name)
    {
        lock (_gate)
        {
            _rules.RemoveAll(r => r.Rule.Name == name);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _rules.Clear();
        }
    }

    /// <summary>How often the rule of a name has been met.</summary>
    public int Met(string name)
    {
        lock (_gate)
        {
            return _rules.Where(r => r.Rule.Name == name).Sum(r => r.Met);
        }
    }

    internal FaultRule? Match(LoggedRequest request)
    {
        lock (_gate)
        {
            foreach (var state in _rules)
            {
                if (state.Met >= (state.Rule.Count ?? int.MaxValue) || !state.Rule.Matches(request) || state.Seen++ < state.Rule.Skip)
                {
                    continue;
                }

                if (state.Rule.Probability < 1 && (state.Random ?? _random).NextDouble() >= state.Rule.Probability)
                {
                    continue;
                }

                state.Met++;
                return state.Rule;
            }

            return null;
        }
    }

    private sealed class State(FaultRule rule)
    {
        public FaultRule Rule => rule;

        public Random? Random { get; } = rule.Seed is { } seed ? new Random(seed) : null;

        public int Seen { get; set; }

        public int Met { get; set; }
    }
}

using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Health;

/// <summary>One entry of status.conditions.</summary>
internal sealed record Condition(string Type, string Status, string Reason, string Message, DateTimeOffset? Since)
{
    private const int MaxWords = 300;

    public bool IsTrue => Status == "True";
    public bool IsFalse => Status == "False";

    public string Words
    {
        get
        {
            var words = (Reason.Length, Message.Length) switch { (0, 0) => Type, (0, _) => Message, (_, 0) => Reason, _ => $"{Reason}: {Message}" };
            return words.Length <= MaxWords ? words : words[..MaxWords] + "…";
        }
    }
}

/// <summary>An object's conditions by type.</summary>
internal sealed class Conditions
{
    private readonly List<Condition> _all;

    private Conditions(List<Condition> all) => _all = all;

    public int Count => _all.Count;
    public IEnumerable<Condition> All => _all;

    public static Conditions Of(KubeObject o) => new([.. o.Status.List("conditions").Objects()
        .Select(c => new Condition(c.Text("type") ?? "", c.Text("status") ?? "", c.Text("reason") ?? "", c.Text("message") ?? "", c.Time("lastTransitionTime")))]);

    public Condition? Find(string type) => _all.Find(c => c.Type == type);
}

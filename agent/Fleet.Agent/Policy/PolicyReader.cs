using Fleet.Agent.Core.Policy;
using Fleet.Agent.Core.Signatures;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fleet.Agent.Policy;

/// <summary>Reads a policy file (docs/agent-policy.md). Strict: a word that is not known could be a limit that somebody believes in.</summary>
internal sealed class PolicyReader
{
    private const int MaxCharacters = 1 << 20;
    private const int MaxRules = 1_000;
    private readonly List<string> _errors = [];
    private readonly Dictionary<string, IReadOnlyList<SshKey>> _signers = new(StringComparer.Ordinal);

    private PolicyReader()
    {
    }

    /// <returns>The policy, or everything that is wrong with the text, each with line and key.</returns>
    public static (LocalPolicy? Policy, IReadOnlyList<string> Errors) Read(string text)
    {
        if (text.Length > MaxCharacters) return (null, [$"it is longer than {MaxCharacters} characters"]);
        var reader = new PolicyReader();
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root) return (null, ["line 1: it must be one YAML mapping with version, rules and signers"]);
            var rules = reader.Root(root);
            return reader._errors.Count == 0 ? (new(rules) { Signers = reader._signers }, []) : (null, reader._errors);
        }
        catch (YamlException e)
        {
            return (null, [$"line {e.Start.Line}: it is not YAML: {e.InnerException?.Message ?? e.Message}"]);
        }
    }

    private List<PolicyRule> Root(YamlMappingNode root)
    {
        var fields = Fields(root, "", "version", "rules", "signers");
        if (!fields.TryGetValue("version", out var version) || version is not YamlScalarNode { Value: "1" }) Wrong(version ?? root, "version", "must be 1");
        if (fields.TryGetValue("signers", out var signers)) Signers(signers);
        var rules = new List<PolicyRule>();
        if (!fields.TryGetValue("rules", out var list) || list is not YamlSequenceNode sequence)
        {
            Wrong(list ?? root, "rules", "must be a list (an empty one, [], refuses everything)");
            return rules;
        }
        if (sequence.Children.Count > MaxRules) Wrong(list, "rules", $"has more than {MaxRules} rules");
        for (var i = 0; i < sequence.Children.Count && i < MaxRules; i++) rules.Add(Rule(sequence.Children[i], $"rules[{i}]", i));
        foreach (var twice in rules.GroupBy(r => r.Name).Where(g => g.Count() > 1)) Wrong(list, "rules", $"two rules are called '{twice.Key}'; reports name the rule, so each needs a name of its own");
        return rules;
    }

    private PolicyRule Rule(YamlNode node, string path, int index)
    {
        if (node is not YamlMappingNode map)
        {
            Wrong(node, path, "must be a mapping");
            return new() { Name = $"#{index}" };
        }
        var fields = Fields(map, path, "name", "assignments", "sources", "serviceAccount", "agentRights", "namespaces", "kinds", "clusterScoped", "signers");
        var rule = new PolicyRule
        {
            Name = Text(fields, "name", map, path) ?? $"#{index}",
            Assignments = List(fields, "assignments", path),
            Sources = List(fields, "sources", path),
            ServiceAccount = Account(fields, map, path),
            Namespaces = List(fields, "namespaces", path),
            Kinds = List(fields, "kinds", path),
            ClusterScoped = Flag(fields, "clusterScoped", path),
            Signers = List(fields, "signers", path),
        };
        if (rule.Assignments.Count == 0 && rule.Sources.Count == 0) Wrong(map, path, "needs assignments or sources: patterns that say what it is about, such as assignments: [\"*\"]");
        foreach (var required in (string[])["namespaces", "kinds"])
        {
            if (!fields.ContainsKey(required)) Wrong(map, $"{path}.{required}", "is missing; write the patterns that are allowed, [\"*\"] for all");
        }
        foreach (var signer in rule.Signers.Where(s => !_signers.ContainsKey(s))) Wrong(fields["signers"], $"{path}.signers", $"names '{signer}', which is not under signers");
        if (fields.TryGetValue("signers", out var asked) && rule.Signers.Count == 0) Wrong(asked, $"{path}.signers", "is empty; name signers, or leave the key out to ask for no signature");
        return rule;
    }

    private ServiceAccountName? Account(Dictionary<string, YamlNode> fields, YamlMappingNode map, string path)
    {
        var own = Flag(fields, "agentRights", path);
        if (own == fields.ContainsKey("serviceAccount"))
        {
            Wrong(map, path, "needs either serviceAccount: NAMESPACE/NAME, or agentRights: true (the Assignment then acts with the agent's own rights)");
            return null;
        }
        if (own) return null;
        var text = Text(fields, "serviceAccount", map, path) ?? "";
        var account = ServiceAccountName.TryParse(text);
        if (account is null && text.Length > 0) Wrong(fields["serviceAccount"], $"{path}.serviceAccount", $"'{text}' is not NAMESPACE/NAME of a ServiceAccount");
        // Never used: an error stands. Null would mean the agent's own rights.
        return account ?? new("-", "-");
    }

    private void Signers(YamlNode node)
    {
        if (node is not YamlSequenceNode list)
        {
            Wrong(node, "signers", "must be a list");
            return;
        }
        for (var i = 0; i < list.Children.Count; i++)
        {
            var path = $"signers[{i}]";
            if (list.Children[i] is not YamlMappingNode map)
            {
                Wrong(list.Children[i], path, "must be a mapping with name and keys");
                continue;
            }
            var fields = Fields(map, path, "name", "keys");
            var name = Text(fields, "name", map, path) ?? "";
            var keys = new List<SshKey>();
            if (!fields.TryGetValue("keys", out var given) || given is not YamlSequenceNode { Children.Count: > 0 } lines)
            {
                Wrong(given ?? map, $"{path}.keys", "must be a list of public keys, each as in a .pub file");
                continue;
            }
            for (var k = 0; k < lines.Children.Count; k++)
            {
                if (lines.Children[k] is YamlScalarNode { Value: { } line } && SshKey.TryParse(line, out var fault) is { } key) keys.Add(key);
                else Wrong(lines.Children[k], $"{path}.keys[{k}]", lines.Children[k] is YamlScalarNode { Value: { } bad } && SshKey.TryParse(bad, out fault) is null ? fault : "must be text");
            }
            if (name.Length > 0 && !_signers.TryAdd(name, keys)) Wrong(map, path, $"the signer '{name}' stands twice");
        }
    }

    private Dictionary<string, YamlNode> Fields(YamlMappingNode map, string path, params string[] known)
    {
        var fields = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (!known.Contains(name)) Wrong(key, at, $"is not known here; known are {string.Join(", ", known)}");
            else fields[name] = value;
        }
        return fields;
    }

    private string? Text(Dictionary<string, YamlNode> fields, string key, YamlMappingNode map, string path)
    {
        if (fields.TryGetValue(key, out var node) && node is YamlScalarNode { Value: { Length: > 0 } value }) return value;
        Wrong(node ?? map, $"{path}.{key}", "is missing, or is no text");
        return null;
    }

    private List<string> List(Dictionary<string, YamlNode> fields, string key, string path)
    {
        var list = new List<string>();
        if (!fields.TryGetValue(key, out var node)) return list;
        if (node is YamlSequenceNode sequence && sequence.Children.All(c => c is YamlScalarNode { Value.Length: > 0 })) list.AddRange(sequence.Children.Select(c => ((YamlScalarNode)c).Value!));
        else Wrong(node, $"{path}.{key}", "must be a list of texts, none of them empty");
        // An empty list here would mean "all", which nobody writes on purpose.
        if (node is YamlSequenceNode { Children.Count: 0 } && key is "assignments" or "sources" && list.Count == 0) Wrong(node, $"{path}.{key}", "is empty; leave the key out, or name patterns");
        return list;
    }

    private bool Flag(Dictionary<string, YamlNode> fields, string key, string path)
    {
        if (!fields.TryGetValue(key, out var node)) return false;
        if (node is YamlScalarNode { Value: "true" or "false", Style: ScalarStyle.Plain } flag) return flag.Value == "true";
        Wrong(node, $"{path}.{key}", "must be true or false");
        return false;
    }

    private void Wrong(YamlNode at, string key, string words) => _errors.Add($"line {at.Start.Line}: {key} {words}");
}

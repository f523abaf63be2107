using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Rendering.Files;
using Fleet.Rendering.Raw;
using Fleet.Rendering.Yaml;
using Xunit.Abstractions;

namespace Fleet.Rendering.Tests.Raw;

/// <summary>Real projects' manifests against what Kubernetes' own tools read out of them; the corpus lies beside the repository, or is named by FLEET_CORPUS.</summary>
public sealed class CorpusTests(ITestOutputHelper output)
{
    [Fact]
    public void Corpus_RawFolders_RenderAsExpected()
    {
        if (Corpus() is not { } corpus)
        {
            output.WriteLine("no corpus here (set FLEET_CORPUS): nothing was compared");
            return;
        }
        var folders = Directory.GetDirectories(Path.Combine(corpus, "dev", "raw")).Order().ToList();
        Assert.NotEmpty(folders);
        var documents = 0;
        foreach (var folder in folders)
        {
            var expected = Read(File.ReadAllBytes(Path.Combine(folder, "expected.yaml")));
            var request = new RenderRequest(new DiskTree(Path.Combine(folder, "input")), "") { Raw = new() { Recursive = true } };
            var context = new RenderContext(request);
            var actual = new RawSource().Read(context).Select(o => (JsonNode)o.Manifest).ToList();
            Assert.Empty(context.Result([]).Errors);
            Compare(Path.GetFileName(folder), expected, actual);
            // And the whole way through, as an Assignment would render it.
            var whole = Renderer.Render(request with { Duplicates = Duplicates.Last });
            Assert.Empty(whole.Errors);
            Assert.Equal(expected.Select(Key).Distinct().Count(), whole.Objects.Count);
            documents += actual.Count;
        }
        output.WriteLine($"{folders.Count} folders, {documents} documents");
    }

    [Fact]
    public void Corpus_AllExpectedYaml_IsReadWithoutAProblem()
    {
        if (Corpus() is not { } corpus) return;
        var count = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(corpus, "dev"), "expected.yaml", SearchOption.AllDirectories))
        {
            var problems = new List<YamlProblem>();
            count += YamlReader.Read(File.ReadAllBytes(file), YamlLimits.Default, problems).Count;
            Assert.True(problems.Count == 0, $"{file}: {string.Join("; ", problems)}");
        }
        output.WriteLine($"{count} documents");
    }

    private static string? Corpus()
    {
        if (Environment.GetEnvironmentVariable("FLEET_CORPUS") is { Length: > 0 } named) return Directory.Exists(named) ? named : null;
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            foreach (var beside in (string[])["../shared/corpus", "../../shared/corpus"])
            {
                var path = Path.GetFullPath(beside, dir.FullName);
                if (File.Exists(Path.Combine(dir.FullName, "Fleet.sln")) && Directory.Exists(path)) return path;
            }
        }
        return null;
    }

    private static List<JsonNode> Read(byte[] bytes)
    {
        var problems = new List<YamlProblem>();
        var documents = YamlReader.Read(bytes, YamlLimits.Default, problems);
        Assert.Empty(problems);
        return [.. documents.Select(d => d.Root!).SelectMany(Flat)];
    }

    private static IEnumerable<JsonNode> Flat(JsonNode node) =>
        node["kind"]?.ToString().EndsWith("List", StringComparison.Ordinal) == true && node["items"] is JsonArray items ? items.SelectMany(i => Flat(i!)) : [node];

    private static string Key(JsonNode n) => $"{n["apiVersion"]} {n["kind"]} {n["metadata"]?["namespace"]}/{n["metadata"]?["name"]}";

    private static void Compare(string name, List<JsonNode> expected, List<JsonNode> actual)
    {
        // Objects that stand twice (all-in-one files) may come in another order.
        var left = actual.GroupBy(Key).ToDictionary(g => g.Key, g => g.Select(Canonical).ToList());
        foreach (var e in expected)
        {
            Assert.True(left.TryGetValue(Key(e), out var candidates) && candidates.Count > 0, $"{name}: {Key(e)} is missing");
            var canonical = Canonical(e);
            var index = candidates!.FindIndex(c => JsonNode.DeepEquals(canonical, c));
            Assert.True(index >= 0, $"{name}: {Key(e)} differs:\n{canonical!.ToJsonString()}\n{candidates[0]!.ToJsonString()}");
            candidates.RemoveAt(index);
        }
        Assert.All(left, k => Assert.True(k.Value.Count == 0, $"{name}: {k.Key} was not expected"));
    }

    /// <summary>1 and 1.0 are the same.</summary>
    private static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Canonical(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Canonical)]),
        JsonValue v when v.GetValueKind() == JsonValueKind.Number => JsonValue.Create(decimal.Parse(v.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}

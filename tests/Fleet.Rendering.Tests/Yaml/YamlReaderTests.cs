using System.Text;
using System.Text.Json.Nodes;
using Fleet.Rendering.Yaml;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Rendering.Tests.Yaml;

public sealed class YamlReaderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("y", "true")]
    [InlineData("Y", "true")]
    [InlineData("yes", "true")]
    [InlineData("on", "true")]
    [InlineData("True", "true")]
    [InlineData("n", "false")]
    [InlineData("No", "false")]
    [InlineData("off", "false")]
    [InlineData("FALSE", "false")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("Null", "null")]
    [InlineData("1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("+1", "1")]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("0777", "511")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("08", "8")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1.0", "1")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("-", "\"-\"", true)]
    [InlineData("'y'", "\"y\"")]
    [InlineData("\"1\"", "\"1\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("!!int '1'", "1")]
    [InlineData("!!binary aGk=", "\"hi\"")]
    [InlineData("!Ref 5", "\"5\"")]
    [InlineData("=", "\"=\"")]
    [InlineData("🚀 fly", "\"🚀 fly\"")]
    public void Scalar_Plain_ReadsAsKubernetesDoes(string yaml, string json, bool skip = false)
    {
        if (skip) return; // A lone dash opens a list.
        var (documents, problems) = Read($"a: {yaml}\n");
        Assert.Empty(problems);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse($"{{\"a\":{json}}}"), documents.Single().Root), documents.Single().Root!.ToJsonString());
    }

    [Fact]
    public void Number_NotANumber_IsNamed()
    {
        var (_, problems) = Read("a: 1\nb: .nan\n");
        var p = Assert.Single(problems);
        Assert.Equal(new Place(2, 4), p.Place);
        Assert.Contains("no form in JSON", p.Problem);
    }

    [Fact]
    public void Keys_NotStrings_BecomeStrings()
    {
        // y is true, and true stands there already.
        Assert.Single(Read("1: a\ntrue: b\ny: c2\n2.5: d\n").Documents.Single().Notes);
        Assert.Equal("""{"1":"a","true":"b","2.5":"d"}""", Read("1: a\ntrue: b\n2.5: d\n").Documents.Single().Root!.ToJsonString());
    }

    [Fact]
    public void Keys_Twice_LastCountsWithANoteOfBothLines()
    {
        // Real projects have them, and Kubernetes' tools read them so.
        var (documents, problems) = Read("a: 1\nb: 2\na: 3\n");
        Assert.Empty(problems);
        var note = Assert.Single(documents.Single().Notes);
        Assert.Equal(new Place(3, 1), note.Place);
        Assert.Equal("the key 'a' stands twice in one map (first in line 1); this one counts", note.Problem);
        Assert.Equal("""{"a":3,"b":2}""", documents.Single().Root!.ToJsonString());
    }

    [Fact]
    public void Merge_KeyThatStandsThere_Wins()
    {
        var (documents, problems) = Read("base: &b {x: 1, y1: 2}\nmore: &m {x: 9, z: 3}\nuse:\n  <<: [*b, *m]\n  y1: 5\n");
        Assert.Empty(problems);
        Assert.Equal("""{"y1":5,"x":1,"z":3}""", documents.Single().Root!["use"]!.ToJsonString());
    }

    [Fact]
    public void Alias_AnchorBefore_IsACopy()
    {
        var (documents, problems) = Read("a: &x [1, 2]\nb: *x\n");
        Assert.Empty(problems);
        Assert.Equal("[1,2]", documents.Single().Root!["b"]!.ToJsonString());
    }

    [Fact]
    public void Alias_NoAnchor_IsNamed() => Assert.Contains(Read("b: *x\n").Problems, p => p.Problem.Contains("no anchor") || p.Problem.Contains("anchor", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Alias_TenLevelBomb_IsRefusedQuickly()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i <= 10; i++) bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        var (documents, problems) = Read(bomb.ToString());
        Assert.Empty(documents);
        Assert.Contains("counting each alias as what it stands for", Assert.Single(problems).Problem);
    }

    [Fact]
    public void Depth_TooDeep_IsRefused()
    {
        var (_, problems) = Read(new string('[', 5000) + new string(']', 5000));
        Assert.Contains("nested deeper than 128", Assert.Single(problems).Problem);
        (_, problems) = Read("{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}");
        Assert.NotEmpty(problems);
    }

    [Fact]
    public void Documents_OneBroken_OthersAreRead()
    {
        var (documents, problems) = Read("a: 1\n---\nb: [1\n---\n# only a comment\n---\nc: 3\n--- # note\nd: {{ .Values.x }}\n...\n---\ne: 5\n");
        Assert.Equal(["a", "c", "e"], documents.Select(d => d.Root!.AsObject().Single().Key));
        Assert.Equal([1, 7, 12], documents.Select(d => d.Start.Line));
        Assert.Equal(2, problems.Count);
        Assert.InRange(problems[0].Place.Line, 3, 4);
        Assert.Equal(9, problems[1].Place.Line);
        Assert.Contains("emplate", problems[1].Advice);
    }

    [Theory]
    [InlineData("--- {a: 1}\n--- {a: 2}\n", 2)]
    [InlineData("%YAML 1.1\n---\na: 1\n", 1)]
    [InlineData("\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n", 1)]
    [InlineData("---\n---\n\n---\n", 0)]
    [InlineData("", 0)]
    [InlineData("a: |\n  ---\n  x\n", 1)]
    public void Documents_Separators_AreAsKubectlCutsThem(string text, int count)
    {
        var (documents, problems) = Read(text);
        Assert.Empty(problems);
        Assert.Equal(count, documents.Count);
    }

    [Fact]
    public void BlockScalars_Chomping_IsKept()
    {
        var (documents, _) = Read("a: |\n  x\n\n  y\nb: |-\n  x\nc: >+\n  x\n  y\n\n\nd: 1\n");
        Assert.Equal("""{"a":"x\n\ny\n","b":"x","c":"x y\n\n\n","d":1}""", documents.Single().Root!.ToJsonString());
    }

    [Theory]
    [InlineData("d:\n  r: |\n    \n    {}\n", "\n{}\n")]
    [InlineData("d:\n  r: |-\n  \n      \n    x\n", "\n\nx")]
    [InlineData("d:\n  r: |2\n    \n    x\n", "\nx\n")]
    [InlineData("d:\n  r: |  # why\r\n    \r\n    x\r\n", "\nx\n")]
    [InlineData("d:\n  r: |\n    inner: |\n        \n      y\n", "inner: |\n    \n  y\n")]
    [InlineData("d:\n  r: !!str |\n    \n    x\n", "\nx\n")]
    [InlineData("d:\n  - |\n    \n    x\n", "\nx\n")]
    [InlineData("d:\n  - k: |\n      \n      x\n    l: |\n        \n        y\n", "\nx\n")]
    [InlineData("d:\n  r: >\n    \n    x\n    y\n", "\nx y\n")]
    public void BlockScalars_BlankFirstLine_IsKept(string yaml, string value)
    {
        var (documents, problems) = Read(yaml);
        Assert.Empty(problems);
        var d = documents.Single().Root!["d"]!;
        var first = d is JsonArray a ? a[0] is JsonObject o ? o["k"] : a[0] : d["r"];
        Assert.Equal(value, first!.GetValue<string>());
    }

    [Fact]
    public void Json_StreamOfValues_HasPlaces()
    {
        var (documents, problems) = Read("{\"a\": 1}\n\n  {\"b\": [ {\"c\": 1.50} ] }\n");
        Assert.Empty(problems);
        Assert.Equal(2, documents.Count);
        Assert.Equal(new Place(3, 3), documents[1].Start);
        Assert.Equal(new Place(3, 11), documents[1].Of(documents[1].Root!["b"]![0]));
    }

    [Fact]
    public void Json_KeyTwice_IsNamed() => Assert.Equal(new Place(2, 2), Assert.Single(Read("{\"a\": 1,\n \"a\": 2}").Documents.Single().Notes).Place);

    [Fact]
    public void FlowYaml_LooksLikeJson_IsReadAsYaml()
    {
        var (documents, problems) = Read("{a: 1, b: [x, y1],}\n");
        Assert.Empty(problems);
        Assert.Equal("""{"a":1,"b":["x","y1"]}""", documents.Single().Root!.ToJsonString());
    }

    [Fact]
    public void Bytes_NotUtf8_AreNamedWithLine()
    {
        var problems = new List<YamlProblem>();
        Assert.Empty(YamlReader.Read([(byte)'a', (byte)'\n', 0xff, 0xfe], YamlLimits.Default, problems));
        Assert.Equal(2, Assert.Single(problems).Place.Line);
        problems.Clear();
        Assert.Empty(YamlReader.Read([(byte)'a', 0, 0, 1], YamlLimits.Default, problems));
        Assert.Contains("binary", Assert.Single(problems).Problem);
    }

    [Theory]
    [InlineData("a:\n\tb: 1\n")]
    [InlineData("a:\n  b: 1\n\tc: 1\n")]
    [InlineData("a: b: c\n")]
    [InlineData("a: 'x\n")]
    [InlineData("a: [1, 2\nb: 3\n")]
    [InlineData("- a\nb: 1\n")]
    [InlineData("? [a, b]\n: 1\n")]
    [InlineData("null: 1\n")]
    [InlineData("<<: 5\n")]
    [InlineData("@a: 1\n")]
    [InlineData("a: &x {b: *x}\n")]
    [InlineData("this is a sentence: with, : colons:\n x\ny")]
    public void NotYaml_AnyKind_IsAProblemAndNeverAnException(string text)
    {
        var (documents, problems) = Read(text);
        Assert.NotEmpty(problems);
        Assert.Empty(documents);
        Assert.All(problems, p => Assert.True(p.Place.Line >= 1));
    }

    [Fact]
    public void Noise_RandomBytes_NeverThrows()
    {
        var seed = TestSeed.For(output.WriteLine);
        var random = seed.Random();
        const string letters = "abc:-[]{}&*!|>'\"%@`#,? \n\n\t  0123y<<~.\r";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => letters[random.Next(letters.Length)])]);
            try
            {
                Read(text);
            }
            catch (Exception e)
            {
                Assert.Fail($"{seed}, round {i}, text {System.Text.Json.JsonSerializer.Serialize(text)}: {e}");
            }
        }
    }

    internal static (IReadOnlyList<YamlDocument> Documents, List<YamlProblem> Problems) Read(string text)
    {
        var problems = new List<YamlProblem>();
        return (YamlReader.Read(Encoding.UTF8.GetBytes(text), YamlLimits.Default, problems), problems);
    }
}

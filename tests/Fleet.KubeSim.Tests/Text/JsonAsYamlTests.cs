using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Text;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.KubeSim.Tests.Text;

/// <summary>The short way for JSON bodies must never say anything else than the YAML reader.</summary>
public sealed class JsonAsYamlTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"}}""")]
    [InlineData("""{"a":{"b":[1,-2,0,{"c":null}],"d":true,"e":false},"f":[],"g":{}}""")]
    [InlineData("{\n  \"a\": \"line\\nand\\ttab \\\"quoted\\\" \\\\ \\u003c\\u0026\",\n  \"b\": 12\n}\n")]
    [InlineData("""{"y":"yes","on":"off","":"empty","1":"one","~":"tilde","#a":"b # c","a: b":"c: d","- x":"? y"}""")]
    [InlineData("""{"<<":{"a":1},"n":"null","t":" leading and trailing "}""")]
    [InlineData("""{"big":9223372036854775807,"small":-9223372036854775807}""")]
    public void TryParse_PlainJson_ReadsWhatTheYamlReaderReads(string body) => AssertSame(body, Assert.IsType<JsonObject>(JsonAsYaml.TryParse(Encoding.UTF8.GetBytes(body))));

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1.0}""")]
    [InlineData("""{"a":1e3}""")]
    [InlineData("""{"a":9223372036854775808}""")]
    [InlineData("""{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"\/"}""")]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a":"\u007f"}""")]
    [InlineData("""{"a":"é"}""")]
    [InlineData("{\t\"a\":1}")]
    [InlineData("{\"a\" :1}")]
    [InlineData("{\"a\"\n:1}")]
    [InlineData("""{"a":1}{"b":2}""")]
    [InlineData("{\"a\":1}\n---\n{\"b\":2}")]
    [InlineData("""{a: 1}""")]
    [InlineData("""{"a":1""")]
    [InlineData("""[1]""")]
    [InlineData("a: 1")]
    [InlineData("")]
    public void TryParse_WhereYamlMayDiffer_LeavesItToTheYamlReader(string body) => Assert.Null(JsonAsYaml.TryParse(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void TryParse_RandomObjects_ReadsWhatTheYamlReaderReads() => TestSeed.For(output.WriteLine).Run(random =>
    {
        var read = 0;
        for (var i = 0; i < 500; i++)
        {
            var body = Map(random, 0).ToJsonString();
            if (JsonAsYaml.TryParse(Encoding.UTF8.GetBytes(body)) is { } parsed)
            {
                read++;
                AssertSame(body, parsed);
            }
        }

        Assert.True(read > 100, $"only {read} of 500 took the short way");
    });

    private static void AssertSame(string body, JsonObject parsed)
    {
        var yaml = YamlText.Parse(body);
        Assert.Empty(yaml.Duplicates);
        Assert.Equal(yaml.Root!.ToJsonString(), parsed.ToJsonString());
    }

    private static JsonObject Map(Random random, int depth)
    {
        var map = new JsonObject();
        for (var i = random.Next(5); i > 0; i--)
        {
            map[Text(random)] = Value(random, depth);
        }

        return map;
    }

    private static JsonNode? Value(Random random, int depth) => random.Next(depth > 4 ? 5 : 7) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        3 or 4 => Text(random),
        5 => Map(random, depth + 1),
        _ => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1))]),
    };

    private static string Text(Random random)
    {
        const string letters = "abcXYZ019 :-,#&*!|>'\"%@`{}[]\\/?=~.\n\t<";
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)]));
    }
}

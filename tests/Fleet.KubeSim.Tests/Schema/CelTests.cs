using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Schema.Cel;

namespace Fleet.KubeSim.Tests.Schema;

public sealed class CelTests
{
    private const string Self = """{"min":1,"max":2,"name":"web-1","tags":["a","b"],"ports":[{"n":80},{"n":443}],"labels":{"x":"y"},"half":0.5}""";

    [Theory]
    [InlineData("self.min <= self.max", true)]
    [InlineData("!has(self.none) || self.none > 1", true)]
    [InlineData("has(self.none) && self.none.deep == 1", false)]
    [InlineData("self.min + 1 == self.max", true)]
    [InlineData("self.name.startsWith('web') && self.name.matches('^[a-z]+-[0-9]+$')", true)]
    [InlineData("size(self.tags) == 2 && 'a' in self.tags && 'x' in self.labels", true)]
    [InlineData("self.ports.all(p, p.n > 0) && self.ports.exists_one(p, p.n == 80)", true)]
    [InlineData("self.ports.map(p, p.n).sum() == 523", true)]
    [InlineData("self.ports.filter(p, p.n > 100).size() == 1", true)]
    [InlineData("self.labels['x'] == 'y' ? self.half < 1.0 : false", true)]
    [InlineData("self.?none.orValue('d') == 'd'", true)]
    [InlineData("self.tags[1] == 'b' && -self.min == -1", true)]
    [InlineData("type(self.min) == int && string(self.min) == '1'", true)]
    [InlineData("duration('1h30m') > duration('89m')", true)]
    [InlineData("self.none > 1 || true", true)]
    [InlineData("quantity('1Gi').isGreaterThan(quantity('512Mi'))", true)]
    public void Evaluate_Rule_IsAsCelSays(string rule, bool expected) =>
        Assert.Equal(expected, new CelEvaluator(new Dictionary<string, object?> { ["self"] = CelValues.From(JsonNode.Parse(Self)) }).Evaluate(CelParser.Parse(rule)));

    [Theory]
    [InlineData("self.b > 1", "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b > 1\n | ....^")]
    [InlineData("self.a > 1", null)]
    [InlineData("self.a > 'x'", "compilation failed: ERROR: <input>:1:8: found no matching overload for '_>_' applied to '(int, string)'\n | self.a > 'x'\n | .......^")]
    [InlineData("self.a + 1", "cel expression must evaluate to a bool")]
    [InlineData("has(self.a) && self.free.anything.goes", null)]
    public void Problem_UndeclaredField_IsNamedWithItsPlace(string rule, string? problem)
    {
        var schema = StructuralSchema.Read((JsonObject)JsonNode.Parse("""{"type":"object","properties":{"a":{"type":"integer"},"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}""")!);

        Assert.Equal(problem, CelTypes.Problem(rule, schema, root: false));
    }

    [Fact]
    public void Evaluate_EndlessWork_IsGivenUp() =>
        Assert.Throws<CelUnknownException>(() => new CelEvaluator(new Dictionary<string, object?> { ["self"] = Enumerable.Range(0, 1000).Select(i => (object?)(long)i).ToList() })
            .Evaluate(CelParser.Parse("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))")));
}

using System.Text;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Tests.Serving;

public class GoJsonScannerTests
{
    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{\"a\": tru", "unexpected end of JSON input")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    [InlineData("{a: 1}", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("{\"a\": 1,}", "invalid character '}' looking for beginning of object key string")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{\"a\": 1 \"b\"}", "invalid character '\"' after object key:value pair")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value")]
    [InlineData("{} {}", "invalid character '{' after top-level value")]
    [InlineData("trux", "invalid character 'x' in literal true (expecting 'e')")]
    [InlineData("-x", "invalid character 'x' in numeric literal")]
    [InlineData("1.x", "invalid character 'x' after decimal point in numeric literal")]
    [InlineData("\"a\nb\"", "invalid character '\\n' in string literal")]
    [InlineData("\"\\q\"", "invalid character 'q' in string escape code")]
    [InlineData("'a'", "invalid character '\\'' looking for beginning of value")]
    [InlineData("{\"a\": [1, -2.5e+3, \"\\u00e9\", null, true, false, {}]}", null)]
    public void Explain_Text_AsGoWordsIt(string text, string? expected) => Assert.Equal(expected, GoJsonScanner.Explain(Encoding.UTF8.GetBytes(text)));
}

using Fleet.Hub.Hosting;

namespace Fleet.Hub.Tests.Hosting;

public sealed class HubArgumentsTests
{
    [Fact]
    public void Parse_EveryOption_Taken()
    {
        var file = Path.GetTempFileName();
        try
        {
            var (options, errors) = HubArguments.Parse(
            [
                "--data", "d", "--listen", "[::1]:0", "--agents-listen=:9999", "--public-address", "https://hub.example.com:9443", "--agents-address", "https://hub.example.com",
                "--master-key-file", file, "--tls-cert", file, "--tls-key", file, "--node-name", "n-1", "--trust-domain", "fleet.example.com", "--log-level", "debug",
                "--postgres", "Host=db",
            ]);
            Assert.Empty(errors);
            Assert.Equal(("d", "[::1]:0", "0.0.0.0:9999", "n-1"), (options!.DataFolder, options.Listen.ToString(), options.AgentsListen.ToString(), options.NodeName));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--listn 1", "--listen")]
    [InlineData("--listen 9443", "--listen")]
    [InlineData("--listen", "needs a value")]
    [InlineData("--data a --data b", "twice")]
    [InlineData("--data a --public-address http://x", "--public-address")]
    [InlineData("--data a --public-address https://x/path", "--public-address")]
    [InlineData("--data a --tls-cert x", "--tls-key")]
    [InlineData("--data a --listen 127.0.0.1:9 --agents-listen 127.0.0.1:9", "--agents-listen")]
    [InlineData("--data a --node-name a/b", "--node-name")]
    [InlineData("--data a --trust-domain A_b", "--trust-domain")]
    [InlineData("--data a --log-level loud", "--log-level")]
    [InlineData("--data a --master-key-file /nonexistent/key", "--master-key-file")]
    [InlineData("--data a --postgres x", "--master-key-file")]
    [InlineData("", "--data")]
    public void Parse_Wrong_NamesTheOption(string line, string says)
    {
        var (options, errors) = HubArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Null(options);
        Assert.Contains(errors, e => e.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_ManyMistakes_AllAtOnce() =>
        Assert.Equal(4, HubArguments.Parse(["--data", "a", "--listen", "x", "--node-name", "a b", "--log-level", "x", "--nonsense"]).Errors.Count);

    [Fact]
    public void Help_NamesEveryOption()
    {
        var (_, errors) = HubArguments.Parse(["--zzzzzzzz"]);
        Assert.Contains("--help", errors[0], StringComparison.Ordinal);
        foreach (var option in new[] { "--data", "--listen", "--agents-listen", "--public-address", "--agents-address", "--postgres", "--master-key-file", "--tls-cert", "--tls-key", "--node-name", "--trust-domain", "--log-level" })
        {
            Assert.Contains(option + " ", HubArguments.Help, StringComparison.Ordinal);
        }
    }
}

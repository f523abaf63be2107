using Fleet.Hub.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Tests.Hosting;

public sealed class OneLineConsoleTests
{
    [Fact]
    public void Write_MessageWithLineBreaksAndEscapes_OneLineThatForgesNothing()
    {
        var output = new StringWriter { NewLine = "\n" };
        var entry = new LogEntry<string>(LogLevel.Warning, "Fleet.X", new EventId(0, "Thing"), "a\n2026 INFO forged\u001b[31m", new InvalidOperationException("b\nc"), (s, _) => s);
        new OneLineConsole(TimeProvider.System).Write(entry, null, output);
        var text = output.ToString();
        Assert.Equal(1, text.Count(c => c == '\n'));
        Assert.DoesNotContain('\u001b', text);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z WARN  Fleet\.X Thing: a ⏎ 2026 INFO forged\[31m \| ", text);
    }
}

using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Fleet.Hub.Hosting;

/// <summary>One line for each event: time, level, category, event, message, and an exception's text folded in.</summary>
internal sealed class OneLineConsole(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "fleet";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(200)
            .Append(clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture))
            .Append(' ').Append(Level(logEntry.LogLevel))
            .Append(' ').Append(logEntry.Category)
            .Append(' ').Append(logEntry.EventId.Name ?? "-")
            .Append(": ");
        Append(line, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception)
        {
            Append(line.Append(" | "), exception.ToString());
        }

        textWriter.WriteLine(line);
    }

    // One event stays one line, and a message that quotes an agent cannot forge another.
    private static void Append(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            if (c == '\n')
            {
                line.Append(" ⏎ ");
            }
            else if (!char.IsControl(c))
            {
                line.Append(c);
            }
        }
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "CRIT ",
    };
}

using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Telemetry;

/// <summary>Writes one line for each event: time, level, event name, words.</summary>
public sealed class LineLoggerFactory(TextWriter output, LogLevel least, TimeProvider time) : ILoggerFactory
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new LineLogger(this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the agent logs to one place");

    public void Dispose()
    {
    }

    private void Write(LogLevel level, EventId id, string message, Exception? exception)
    {
        var line = new StringBuilder(160)
            .Append(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(' ')
            .Append(level switch { LogLevel.Debug or LogLevel.Trace => "DBG", LogLevel.Information => "INF", LogLevel.Warning => "WRN", _ => "ERR" }).Append(' ')
            .Append(id.Name ?? "-").Append(' ')
            .Append(message.ReplaceLineEndings(" "));
        if (exception is not null) line.Append(" | ").Append(exception.ToString().ReplaceLineEndings(" / "));
        lock (_lock) output.WriteLine(line);
    }

    private sealed class LineLogger(LineLoggerFactory factory) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= factory.Least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) factory.Write(logLevel, eventId, formatter(state, exception), exception);
        }
    }

    private LogLevel Least => least;
}

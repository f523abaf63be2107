using System.Globalization;
using Fleet.Cli.Output;
using Spectre.Console;

namespace Fleet.Cli.Demo;

/// <summary>How the demo's steps are shown: one line a step with its measured time, and on a terminal a spinner while it runs.</summary>
internal sealed class DemoScreen(Terminal terminal)
{
    private int number;

    public int Failed { get; private set; }

    public int Passed { get; private set; }

    /// <summary>Runs one step. A step that fails ends the demo.</summary>
    public async Task StepAsync(string name, Func<Task<string>> step)
    {
        number++;
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        try
        {
            var detail = terminal.Interactive
                ? await terminal.Console.Status().Spinner(Spinner.Known.Dots).StartAsync(Markup.Escape(name), _ => step())
                : await step();
            Passed++;
            Line("ok", "green", clock.GetElapsedTime(started), name, detail);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Failed++;
            Line("FAILED", "red", clock.GetElapsedTime(started), name, e is FailureException or UsageException ? e.Message : e.ToString());
            throw new DemoFailedException();
        }
    }

    public void Say(string text)
    {
        terminal.Output.WriteLine(text);
        terminal.Output.Flush();
    }

    private void Line(string state, string colour, TimeSpan elapsed, string name, string detail)
    {
        var seconds = elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
        if (terminal.Interactive)
        {
            terminal.Console.MarkupLine($"[{colour}]{state,-6}[/] {number,2}  [grey]{seconds,7} s[/]  {Markup.Escape(name)}[grey]{Markup.Escape(detail.Length > 0 ? ": " + detail : "")}[/]");
            return;
        }

        Say($"{state,-6} {number,2}  {seconds,7} s  {name}{(detail.Length > 0 ? ": " + detail : "")}");
    }
}

/// <summary>A step failed and has been shown.</summary>
internal sealed class DemoFailedException : Exception;

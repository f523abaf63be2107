using Spectre.Console;

namespace Fleet.Cli.Output;

/// <summary>Where output goes. Colour, spinners and questions only where a person sits at a terminal.</summary>
internal sealed class Terminal
{
    private Terminal(TextWriter output, TextWriter error, bool interactive)
    {
        Output = output;
        Error = error;
        Interactive = interactive;
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    /// <summary>Whether a person sits there and may be asked.</summary>
    public bool Interactive { get; set; }

    public IAnsiConsole Console => field ??= AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Interactive ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = Interactive && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 } ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Out = new AnsiConsoleOutput(Output),
    });

    public static Terminal Create(TextWriter? output, TextWriter? error)
    {
        var interactive = output is null && !System.Console.IsOutputRedirected && !System.Console.IsInputRedirected
            && Environment.GetEnvironmentVariable("CI") is not { Length: > 0 }
            && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new Terminal(output ?? System.Console.Out, error ?? System.Console.Error, interactive);
    }

    /// <summary>Runs work under a spinner on a terminal, silently elsewhere.</summary>
    public async Task<T> BusyAsync<T>(string what, Func<Task<T>> work) =>
        Interactive ? await Console.Status().Spinner(Spinner.Known.Dots).StartAsync(Markup.Escape(what), _ => work()) : await work();

    /// <summary>Asks for the name as the confirmation, as a person would have to write it.</summary>
    public bool ConfirmByName(string question, string name)
    {
        Console.MarkupLine(Markup.Escape(question));
        return Console.Prompt(new TextPrompt<string>($"Write [bold]{Markup.Escape(name)}[/] to go on:").AllowEmpty()) == name;
    }

    public string AskSecret(string question) => Console.Prompt(new TextPrompt<string>(question).Secret(null));
}

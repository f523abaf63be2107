using Fleet.Cli.Output;
using Grpc.Core;
using Spectre.Console;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl watch`: a live table on a terminal, a line for each change elsewhere.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Create(Terminal terminal)
    {
        var command = new Command("watch", "The fleet, live; Ctrl-C ends it");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var first = await FleetOverview.ReadAsync(hub, cancellationToken);
            if (terminal.Interactive)
            {
                await terminal.Console.Live(first.Render()).Overflow(VerticalOverflow.Ellipsis).StartAsync(async live =>
                    await EachAsync(o => live.UpdateTarget(o.Render()), e => live.UpdateTarget(new Markup($"[red]{Markup.Escape(e)}[/]"))));
            }
            else
            {
                var last = "";
                await EachAsync(
                    o =>
                    {
                        using var text = new StringWriter();
                        o.Print(text);
                        if (text.ToString() != last)
                        {
                            last = text.ToString();
                            terminal.Output.WriteLine($"--- {o.Now:u}");
                            terminal.Output.Write(last);
                            terminal.Output.Flush();
                        }
                    },
                    e => terminal.Error.WriteLine(e));
            }

            return ExitCodes.Ok;

            async Task EachAsync(Action<FleetOverview> show, Action<string> fail)
            {
                using var timer = new PeriodicTimer(Interval);
                try
                {
                    do
                    {
                        try
                        {
                            show(await FleetOverview.ReadAsync(hub, cancellationToken));
                        }
                        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
                        {
                            fail($"the hub cannot be reached ({e.Status.Detail}); trying on");
                        }
                    }
                    while (await timer.WaitForNextTickAsync(cancellationToken));
                }
                catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
                {
                }
            }
        });
        return command;
    }
}

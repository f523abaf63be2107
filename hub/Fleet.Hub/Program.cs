using System.Runtime.InteropServices;
using Fleet.Hub.Api.Calls;
using Fleet.Hub.Hosting;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.WriteLine(HubArguments.Help);
    return 0;
}

if (args.Contains("--version"))
{
    Console.Out.WriteLine($"fleet-hub {VersionCall.Version}");
    return 0;
}

var (options, errors) = HubArguments.Parse(args);
if (options is null)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine("fleet-hub: " + error);
    }

    return 2;
}

using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await using var hub = await HubHost.StartAsync(options, cancellationToken: stop.Token);
    HubGreeting.Print(hub, options, Console.Out);
    await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
}
catch (HubStartException e)
{
    Console.Error.WriteLine("fleet-hub: " + e.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

// The first signal asks for an orderly end; a second one gets the system's own, at once.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using System.Globalization;
using System.Runtime.InteropServices;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Commands;

/// <summary>Serves simulated clusters until the process is asked to end.</summary>
internal static class ServeCommand
{
    public const string Usage = """
        usage: fleet-kubesim --directory DIR [--clusters N | --name A,B,C] [--ready-delay 500ms] [--no-controllers] [--token]
                             [--port N] [--broken-image IMAGE]...
               fleet-kubesim conformance DIR|FILE... [--only PART] [--max N] [--excused PAGE]
        Each cluster's kubeconfig is written to DIR/NAME.kubeconfig.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (Parse(arguments, out var error) is not { } request)
        {
            await Console.Error.WriteLineAsync($"{error}\n{Usage}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        Directory.CreateDirectory(request.Directory);
        await using var host = await KubeSimHost.StartAsync(new KubeSimOptions { Clusters = request.Clusters }, stop.Token);
        foreach (var cluster in host.Clusters)
        {
            cluster.WriteKubeconfig(Path.Combine(request.Directory, $"{cluster.Name}.kubeconfig"));
        }

        var names = string.Join(", ", host.Clusters.Select(c => $"{c.Name} at {c.Server.ToString().TrimEnd('/')}"));
        Console.WriteLine($"ready: {host.Clusters.Count} simulated clusters ({names}); kubeconfigs in {Path.GetFullPath(request.Directory)}");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }

        foreach (var failed in host.Clusters.SelectMany(c => c.Requests.Where(r => r.Error is not null)))
        {
            await Console.Error.WriteLineAsync($"{failed.Method} {failed.Path}: {failed.Error}");
        }

        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static Request? Parse(string[] arguments, out string error)
    {
        var (directory, count, names, delay, port) = ("", 1, "", TimeSpan.FromMilliseconds(500), 0);
        var (controllers, token) = (true, false);
        var broken = new List<string>();
        error = "";
        for (var i = 0; i < arguments.Length; i++)
        {
            var option = arguments[i];
            switch (option)
            {
                case "--no-controllers":
                    controllers = false;
                    continue;
                case "--token":
                    token = true;
                    continue;
            }

            if (i + 1 >= arguments.Length)
            {
                error = $"'{option}' is not an option, or lacks its value.";
                return null;
            }

            var value = arguments[++i];
            var fits = option switch
            {
                "--directory" => (directory = value).Length > 0,
                "--clusters" => int.TryParse(value, CultureInfo.InvariantCulture, out count) && count is > 0 and <= 1000,
                "--name" => (names = value).Length > 0,
                "--ready-delay" => TryParseDelay(value, out delay),
                "--port" => int.TryParse(value, CultureInfo.InvariantCulture, out port) && port is >= 0 and <= 65535,
                "--broken-image" => Add(broken, value),
                _ => false,
            };
            if (!fits)
            {
                error = $"'{option} {value}' is not understood.";
                return null;
            }
        }

        if (directory.Length == 0)
        {
            error = "--directory is required: kubeconfigs are written there.";
            return null;
        }

        var all = names.Length > 0 ? names.Split(',', StringSplitOptions.RemoveEmptyEntries) : [.. Enumerable.Range(1, count).Select(n => $"cluster-{n}")];
        return new Request(directory, [.. all.Select((name, index) => new SimulatedClusterOptions
        {
            Name = name,
            Port = port == 0 ? 0 : port + index,
            Controllers = controllers,
            ReadyDelay = delay,
            BrokenImages = broken,
            Credential = token ? KubeconfigCredential.Token : KubeconfigCredential.ClientCertificate,
        })]);
    }

    private static bool TryParseDelay(string text, out TimeSpan delay)
    {
        delay = default;
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 0.001) : text.EndsWith('s') ? (text[..^1], 1) : (text, -1);
        if (unit < 0 || !double.TryParse(number, CultureInfo.InvariantCulture, out var amount) || amount < 0)
        {
            return false;
        }

        delay = TimeSpan.FromSeconds(amount * unit);
        return true;
    }

    private static bool Add(List<string> list, string value)
    {
        list.Add(value);
        return true;
    }

    private sealed record Request(string Directory, IReadOnlyList<SimulatedClusterOptions> Clusters);
}

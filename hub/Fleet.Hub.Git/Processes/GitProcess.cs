using System.Diagnostics;
using System.Text;

namespace Fleet.Hub.Git.Processes;

/// <summary>What one git command came to.</summary>
internal sealed record GitOutput(int ExitCode, byte[] Output, string Error, bool TimedOut, bool TooMuch)
{
    public string Text => Encoding.UTF8.GetString(Output);
}

/// <summary>Runs git: never through a shell, bounded in time, output and number, and killed with its children when it does not end.</summary>
internal sealed class GitProcess(GitOptions options, TimeProvider time) : IDisposable
{
    private const int MaxErrorBytes = 16 << 10;
    private readonly SemaphoreSlim _slots = new(options.MaxProcesses);

    public async Task<GitOutput> RunAsync(string folder, GitEnvironment environment, TimeSpan timeout, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return await RunSlottedAsync(folder, environment, timeout, arguments, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>A process that is spoken to; the caller ends it.</summary>
    public static Process Start(string folder, GitEnvironment environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        environment.ApplyTo(start);
        return Process.Start(start) ?? throw new InvalidOperationException("git could not be started");
    }

    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task<GitOutput> RunSlottedAsync(string folder, GitEnvironment environment, TimeSpan timeout, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(folder, environment, arguments);
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var error = ReadAsync(process.StandardError.BaseStream, MaxErrorBytes, either.Token);
        var tooMuch = false;
        try
        {
            var (output, cut) = await ReadAsync(process.StandardOutput.BaseStream, options.MaxOutputBytes, either.Token);
            tooMuch = cut;
            if (cut)
            {
                Kill(process);
            }

            var (errorBytes, _) = await error;
            await process.WaitForExitAsync(either.Token);
            return new GitOutput(process.ExitCode, output, Encoding.UTF8.GetString(errorBytes), false, tooMuch);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Kill(process);
            return new GitOutput(-1, [], "", true, tooMuch);
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    /// <summary>Reads to the end, keeping at most so many bytes of standard error, or stopping at so many of standard output.</summary>
    private static async Task<(byte[] Bytes, bool Cut)> ReadAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[32 << 10];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            if (kept.Length + read > max)
            {
                kept.Write(buffer, 0, (int)(max - kept.Length));
                if (max > MaxErrorBytes)
                {
                    return (kept.ToArray(), true);
                }

                // Standard error is read on, so that git never blocks on it; only its first part is kept.
                continue;
            }

            kept.Write(buffer, 0, read);
        }

        return (kept.ToArray(), false);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fleet.Hub.Git.Processes;

/// <summary>
/// One long-lived `git cat-file --batch-command` of a mirror: `info` before `contents`, hex ids only, one caller at a time (a large blob blocks its pipe).
/// A process that fails or does not answer is killed, and the next call starts another.
/// </summary>
internal sealed class CatFile(string folder, GitOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private Process? _process;
    private Stream? _output;
    private readonly byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <summary>Kind and size of each id, in order; null where the mirror has no such object.</summary>
    public Task<IReadOnlyList<(GitObjectKind Kind, long Size)?>> InfoAsync(IReadOnlyList<string> oids, CancellationToken cancellationToken) =>
        WithProcessAsync<IReadOnlyList<(GitObjectKind, long)?>>(async token =>
        {
            var answers = new List<(GitObjectKind, long)?>(oids.Count);
            // So few at once that neither pipe can fill up while the other is not read.
            foreach (var chunk in oids.Chunk(200))
            {
                await SendAsync(string.Concat(chunk.Select(o => $"info {Checked(o)}\n")), token);
                foreach (var _ in chunk)
                {
                    answers.Add(Header(await LineAsync(token)));
                }
            }

            return answers;
        }, cancellationToken);

    /// <summary>The object, or null where the mirror has none; larger than the limit: an object with no bytes read and its size.</summary>
    public Task<(GitObjectKind Kind, long Size, byte[]? Bytes)?> ReadAsync(string oid, long maxBytes, CancellationToken cancellationToken) =>
        WithProcessAsync<(GitObjectKind, long, byte[]?)?>(async token =>
        {
            await SendAsync($"info {Checked(oid)}\n", token);
            if (Header(await LineAsync(token)) is not { } info)
            {
                return null;
            }

            if (info.Size > maxBytes)
            {
                return (info.Kind, info.Size, null);
            }

            await SendAsync($"contents {oid}\n", token);
            _ = await LineAsync(token);
            var bytes = new byte[info.Size];
            await FillAsync(bytes, token);
            await FillAsync(new byte[1], token);
            return (info.Kind, info.Size, bytes);
        }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync();
        Drop();
        _one.Dispose();
    }

    private async Task<T> WithProcessAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        using var deadline = new CancellationTokenSource(options.LocalTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            Ensure();
            return await work(either.Token);
        }
        catch (Exception e)
        {
            // Half an answer may be left in the pipe: never use it again.
            Drop();
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"git cat-file did not answer within {options.LocalTimeout.TotalSeconds:0} s", e);
            }

            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    private void Ensure()
    {
        if (_process is { HasExited: false })
        {
            return;
        }

        Drop();
        using var environment = GitEnvironment.Local();
        _process = GitProcess.Start(folder, environment, ["cat-file", "--batch-command"]);
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        _output = _process.StandardOutput.BaseStream;
    }

    private void Drop()
    {
        if (_process is { } process)
        {
            GitProcess.Kill(process);
            process.Dispose();
        }

        _process = null;
        _output = null;
        _start = _end = 0;
    }

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        var input = _process!.StandardInput.BaseStream;
        await input.WriteAsync(Encoding.ASCII.GetBytes(text), cancellationToken);
        await input.FlushAsync(cancellationToken);
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            var newline = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            var until = newline < 0 ? _end : newline;
            line.Append(Encoding.ASCII.GetString(_buffer, _start, until - _start));
            _start = newline < 0 ? _end : newline + 1;
            if (newline >= 0)
            {
                return line.ToString();
            }

            if (line.Length > 4096)
            {
                throw new IOException("git cat-file answered with an endless line");
            }

            await RefillAsync(cancellationToken);
        }
    }

    private async Task FillAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        while (target.Length > 0)
        {
            if (_start == _end)
            {
                await RefillAsync(cancellationToken);
            }

            var take = Math.Min(target.Length, _end - _start);
            _buffer.AsMemory(_start, take).CopyTo(target);
            _start += take;
            target = target[take..];
        }
    }

    private async Task RefillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await _output!.ReadAsync(_buffer, cancellationToken);
        if (_end == 0)
        {
            throw new IOException("git cat-file ended");
        }
    }

    private static (GitObjectKind Kind, long Size)? Header(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 3)
        {
            return null;
        }

        GitObjectKind? kind = parts[1] switch { "commit" => GitObjectKind.Commit, "tree" => GitObjectKind.Tree, "blob" => GitObjectKind.Blob, _ => null };
        return kind is { } known ? (known, long.Parse(parts[2], CultureInfo.InvariantCulture)) : null;
    }

    private static string Checked(string oid) =>
        Oids.IsOid(oid) ? oid : throw new ArgumentException($"'{oid}' is no object id", nameof(oid));
}

using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube.Client;

namespace Fleet.Agent.Kube.Config;

/// <summary>Runs a credential plugin when its last answer has expired, one run at a time, with a time limit and a bounded answer.</summary>
internal sealed class ExecCredential(ExecPlugin plugin, JsonObject cluster, TimeProvider time) : ICredentialSource, IDisposable
{
    private const int MaxAnswer = 1 << 20;
    private const int MaxErrorText = 400;
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);
    /// <summary>A token that is about to expire would do so on the way.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Answer? _answer;

    public X509Certificate2? Certificate => _answer?.Certificate;
    public bool CanRefresh => true;

    public async ValueTask<KubeResult<KubeCredential>> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        var seen = _answer;
        if (!refresh && IsGood(seen)) return seen!.Credential;
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!ReferenceEquals(_answer, seen) && IsGood(_answer)) return _answer!.Credential; // Another call ran it meanwhile.
            var (answer, error) = await RunAsync(cancellationToken).ConfigureAwait(false);
            if (answer is null) return Failed(error);
            _answer = answer;
            return answer.Credential;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private bool IsGood(Answer? answer) => answer is not null && (answer.Expires is not { } until || time.GetUtcNow() + Early < until);

    private async Task<(Answer? Answer, string Error)> RunAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo() };
        using var limit = new CancellationTokenSource(RunLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return (null, $"cannot be started ({e.Message}). {plugin.InstallHint}");
        }
        try
        {
            process.StandardInput.Close();
            var output = ReadBoundedAsync(process.StandardOutput.BaseStream, both.Token);
            var errors = ReadBoundedAsync(process.StandardError.BaseStream, both.Token);
            var text = await output.ConfigureAwait(false);
            var words = System.Text.Encoding.UTF8.GetString(await errors.ConfigureAwait(false) ?? []).Trim();
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            if (process.ExitCode != 0) return (null, $"ended with exit code {process.ExitCode}: {(words.Length > MaxErrorText ? words[..MaxErrorText] : words)}");
            return text is null ? (null, $"wrote more than {MaxAnswer >> 10} KiB") : Read(text);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            cancellationToken.ThrowIfCancellationRequested();
            return (null, $"did not end within {RunLimit.TotalSeconds:0} s");
        }
        catch (IOException e)
        {
            Kill(process);
            return (null, $"could not be read: {e.Message}");
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(plugin.Command) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in plugin.Arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in plugin.Environment) start.Environment[name] = value;
        var spec = new JsonObject { ["interactive"] = false };
        if (plugin.WantsCluster) spec["cluster"] = cluster.DeepClone();
        start.Environment["KUBERNETES_EXEC_INFO"] = new JsonObject { ["apiVersion"] = plugin.ApiVersion, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
        return start;
    }

    /// <summary>All of it, or null when it is too long (the rest is read and dropped, so that the writer does not hang).</summary>
    private static async Task<byte[]?> ReadBoundedAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[8 << 10];
        using var all = new MemoryStream();
        var tooLong = false;
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            tooLong |= all.Length + read > MaxAnswer;
            if (!tooLong) all.Write(buffer, 0, read);
        }
        return tooLong ? null : all.ToArray();
    }

    private static (Answer?, string) Read(byte[] text)
    {
        if (AnswerReader.Parse(text) is not { } body || body.Text("kind") != "ExecCredential" || body.Map("status") is not { } status)
        {
            return (null, "did not write an ExecCredential with a status");
        }
        X509Certificate2? certificate = null;
        if (status.Text("clientCertificateData") is { Length: > 0 } pem)
        {
            try
            {
                certificate = UserCredential.FromPem(pem, status.Text("clientKeyData") ?? "", "the plugin's answer");
            }
            catch (KubeconfigException e)
            {
                return (null, e.Message);
            }
        }
        var token = status.Text("token") ?? "";
        return token.Length == 0 && certificate is null
            ? (null, "wrote neither a token nor a client certificate")
            : (new(new(token, ""), certificate, status.Time("expirationTimestamp")), "");
    }

    private KubeApiError Failed(string words) => new() { Failure = KubeFailure.NoCredential, Message = $"the credential plugin {plugin.Command} {words}" };

    private sealed record Answer(KubeCredential Credential, X509Certificate2? Certificate, DateTimeOffset? Expires);
}

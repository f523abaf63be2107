using Fleet.Agent.Core.Policy;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Policy;

/// <summary>
/// The policy file, read at start and looked at again every few seconds: a mounted ConfigMap changes by a switched link, which
/// not every way of watching files sees. What cannot be read allows nothing.
/// </summary>
internal sealed partial class PolicyWatch
{
    public const string Concern = "policy";
    private const int MaxBytes = 1 << 20;
    private const int MaxNamedErrors = 10;
    private readonly string _path;
    private readonly AgentStatus _status;
    private readonly ILogger _log;
    private string? _text;
    private volatile PolicyStanding _standing = PolicyStanding.None;

    public PolicyWatch(string path, AgentStatus status, ILogger log)
    {
        (_path, _status, _log) = (path, status, log);
        if (path.Length > 0) Look();
    }

    public PolicyStanding Standing => _standing;

    /// <summary>Raised after the standing changed.</summary>
    public event Action? Changed;

    /// <summary>Looks until cancelled; without a policy to look at it only waits for that.</summary>
    public async Task RunAsync(TimeSpan every, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_path.Length == 0) await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await Task.Delay(every, time, cancellationToken).ConfigureAwait(false);
            Look();
        }
    }

    /// <summary>Reads the file if it is another than before.</summary>
    internal void Look()
    {
        string text;
        try
        {
            text = new FileInfo(_path).Length > MaxBytes ? throw new IOException($"it is larger than {MaxBytes >> 20} MiB") : File.ReadAllText(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Take(null, PolicyStanding.Broken($"{_path}: {e.Message}"));
            return;
        }
        if (text == _text) return;
        var (policy, errors) = PolicyReader.Read(text);
        var more = errors.Count > MaxNamedErrors ? $"; and {errors.Count - MaxNamedErrors} more" : "";
        Take(text, policy is not null ? new(policy, "") : PolicyStanding.Broken($"{_path}: {string.Join("; ", errors.Take(MaxNamedErrors))}{more}"));
    }

    private void Take(string? text, PolicyStanding standing)
    {
        _text = text;
        if (text is null && standing.Fault == _standing.Fault) return;
        _standing = standing;
        if (standing.Policy is { } policy)
        {
            _status.Set(Concern, true, "Read", $"{policy.Rules.Count} rules from {_path}");
            Log.PolicyTaken(_log, policy.Rules.Count, _path);
        }
        else
        {
            _status.Set(Concern, false, "Broken", $"nothing is touched in this cluster: {standing.Fault}");
            Log.PolicyBroken(_log, standing.Fault);
        }
        Changed?.Invoke();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "PolicyTaken", Level = LogLevel.Information, Message = "This cluster's policy has {Rules} rules ({Path}); what they do not allow is not touched")]
        public static partial void PolicyTaken(ILogger logger, int rules, string path);

        [LoggerMessage(EventId = 2, EventName = "PolicyBroken", Level = LogLevel.Error, Message = "This cluster's policy cannot be used, so nothing is touched: {Fault}")]
        public static partial void PolicyBroken(ILogger logger, string fault);
    }
}

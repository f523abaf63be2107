using System.Text;
using System.Text.Json;

namespace Fleet.Agent.Telemetry;

/// <summary>What the agent says of itself at /healthz and /readyz: one line for each of its concerns.</summary>
public sealed class AgentStatus(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, AgentConcern> _concerns = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Known names: cluster, identity, lease, session, state.</summary>
    public void Set(string name, bool ok, string reason, string message)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_concerns.TryGetValue(name, out var old) && old.Ok == ok && old.Reason == reason && old.Message == message) return;
            var since = old is not null && old.Ok == ok && old.Reason == reason ? old.Since : time.GetUtcNow();
            _concerns[name] = new(name, ok, reason, message, since);
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.TrySetResult();
    }

    public IReadOnlyList<AgentConcern> Concerns
    {
        get
        {
            lock (_lock) return [.. _concerns.Values];
        }
    }

    public AgentConcern? Find(string name)
    {
        lock (_lock) return _concerns.GetValueOrDefault(name);
    }

    public bool IsReady => Concerns is { Count: > 0 } all && all.All(c => c.Ok);

    /// <summary>Waits until a concern is as wanted; for tests and for whoever starts many agents.</summary>
    public async Task<AgentConcern> WaitAsync(string name, Func<AgentConcern, bool> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            AgentConcern? now;
            lock (_lock)
            {
                changed = _changed.Task;
                now = _concerns.GetValueOrDefault(name);
            }
            if (now is not null && wanted(now)) return now;
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As JSON: {"ready":…,"concerns":[…]}.</summary>
    public byte[] Write()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", IsReady);
            json.WriteStartArray("concerns");
            foreach (var c in Concerns)
            {
                json.WriteStartObject();
                json.WriteString("name", c.Name);
                json.WriteBoolean("ok", c.Ok);
                json.WriteString("reason", c.Reason);
                json.WriteString("message", c.Message);
                json.WriteString("since", c.Since);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var c in Concerns) text.Append(c.Name).Append(": ").Append(c.Ok ? "ok" : "not ok").Append(" (").Append(c.Reason).Append(") ").Append(c.Message).Append('\n');
        return text.ToString();
    }
}

/// <summary>One of the agent's concerns: whether it is well, one word for programs, words for people, and since when.</summary>
public sealed record AgentConcern(string Name, bool Ok, string Reason, string Message, DateTimeOffset Since);

using Fleet.KubeSim.Requests;

namespace Fleet.KubeSim.Faults;

/// <summary>What goes wrong.</summary>
public enum FaultAction
{
    /// <summary>Answer with <see cref="FaultRule.Status"/>.</summary>
    Fail,

    /// <summary>Never answer.</summary>
    Hang,

    /// <summary>Answer after <see cref="FaultRule.Delay"/>.</summary>
    Delay,

    /// <summary>Break the connection in the middle of the body.</summary>
    CutBody,

    /// <summary>Break the connection before any answer; the write, if it is one, has happened when <see cref="FaultRule.AfterWork"/> is set.</summary>
    Disconnect,

    /// <summary>Keep a watch open and send nothing any more.</summary>
    DropWatch,

    /// <summary>Send the body a few bytes at a time, <see cref="FaultRule.Delay"/> apart.</summary>
    SlowBody,

    /// <summary>Swap neighbouring events of a watch.</summary>
    ReorderEvents,

    /// <summary>Send each event of a watch twice.</summary>
    RepeatEvents,
}

/// <summary>A fault on purpose, and the requests that it meets. An empty criterion matches everything.</summary>
public sealed record FaultRule
{
    /// <summary>Shown in the request log.</summary>
    public required string Name { get; init; }

    public required FaultAction Action { get; init; }

    public string Method { get; init; } = "";

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection.</summary>
    public string Verb { get; init; } = "";

    /// <summary>Kind of the resource, such as ConfigMap.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Plural resource name.</summary>
    public string Resource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string ObjectName { get; init; } = "";

    /// <summary>A further criterion of the test's own.</summary>
    public Func<LoggedRequest, bool>? When { get; init; }

    /// <summary>How many matching requests are let through before the first fault.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests the fault meets; null: until it is removed.</summary>
    public int? Count { get; init; } = 1;

    /// <summary>The chance that a matching request is met, decided by the rule's seed or, without one, the cluster's.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>A seed of the rule's own: its choices are then the same whatever other rules choose.</summary>
    public int? Seed { get; init; }

    public int Status { get; init; } = 500;

    /// <summary>Message of the Status body; a fitting one when empty.</summary>
    public string Message { get; init; } = "";

    /// <summary>Seconds of the Retry-After header.</summary>
    public int? RetryAfter { get; init; }

    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    public bool AfterWork { get; init; }

    internal bool Matches(LoggedRequest request) =>
        Fits(Method, request.Method) && Fits(Verb, request.Verb) && Fits(Kind, request.Kind) && Fits(Resource, request.Resource) && Fits(Namespace, request.Namespace)
        && Fits(ObjectName, request.Name) && (When?.Invoke(request) ?? true);

    private static bool Fits(string wanted, string actual) => wanted.Length == 0 || string.Equals(wanted, actual, StringComparison.OrdinalIgnoreCase);
}

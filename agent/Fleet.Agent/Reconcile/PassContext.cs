using Fleet.Agent.Content;
using Fleet.Agent.Hosting;
using Fleet.Agent.Policy;
using Fleet.Agent.Session;
using Fleet.Agent.Telemetry;
using Fleet.Agent.Timing;
using Fleet.Agent.Watch;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Reconcile;

/// <summary>What all reconciles of one agent share.</summary>
internal sealed record PassContext
{
    public required AgentOptions Options { get; init; }
    /// <summary>Where every Assignment gets its connection to the API server.</summary>
    public required AssignmentRights Rights { get; init; }
    public required DesiredBook Desired { get; init; }
    public required ReportBook Reports { get; init; }
    public required AssignmentRenderer Renderer { get; init; }
    public required AssignmentIndex Index { get; init; }
    public required IObjectStore Objects { get; init; }
    public required ContentFetcher Content { get; init; }
    public required WatchSet Watches { get; init; }
    public required AgentStatus Status { get; init; }
    public required AgentMetrics Metrics { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Log { get; init; }
    /// <summary>Names the hub in labels and managers.</summary>
    public required Func<string> HubId { get; init; }
    public required string ClusterName { get; init; }
    /// <summary>Writes in flight at once, over all Assignments.</summary>
    public required WorkSlots Writes { get; init; }

    public DateTimeOffset Now => Time.GetUtcNow();
}

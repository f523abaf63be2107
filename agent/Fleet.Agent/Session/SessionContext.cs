using Fleet.Agent.Enrollment;
using Fleet.Agent.Hosting;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;
using Fleet.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Session;

/// <summary>What all sessions of one agent share.</summary>
internal sealed record SessionContext
{
    public required AgentOptions Options { get; init; }
    public required IdentityHolder Identity { get; init; }
    public required EnrollmentFlow Enrollment { get; init; }
    public required Continuity Continuity { get; init; }
    public required DesiredBook Desired { get; init; }
    public required ReportBook Reports { get; init; }
    public required LiveSessionHolder Live { get; init; }
    public required StateRetry Retry { get; init; }
    public required AgentStatus Status { get; init; }
    public required AgentMetrics Metrics { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Log { get; init; }
    public required ClusterFacts Facts { get; init; }
    /// <summary>Carries out a Command that is not the session's own; bounded by the token.</summary>
    public required Func<Command, CancellationToken, Task<CommandResult>> RunCommand { get; init; }
}

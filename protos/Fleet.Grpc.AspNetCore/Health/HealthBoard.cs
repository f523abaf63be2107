using System.Collections.Immutable;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.Health;

/// <summary>What is known of each service's health, and where those who watch it learn of changes.</summary>
public sealed class HealthBoard
{
    /// <summary>The name that stands for the server as a whole.</summary>
    public const string Whole = "";

    private readonly object _gate = new();
    private TaskCompletionSource _changed = New();
    private ImmutableDictionary<string, ServingStatus> _statuses = ImmutableDictionary.Create<string, ServingStatus>(StringComparer.Ordinal);

    /// <summary>Says how a service is.</summary>
    public void Set(string service, bool serving)
    {
        ArgumentNullException.ThrowIfNull(service);
        TaskCompletionSource changed;
        lock (_gate)
        {
            var status = serving ? ServingStatus.Serving : ServingStatus.NotServing;
            if (_statuses.TryGetValue(service, out var known) && known == status)
            {
                return;
            }

            _statuses = _statuses.SetItem(service, status);
            changed = _changed;
            _changed = New();
        }

        changed.SetResult();
    }

    /// <summary>All services at one moment, and a task that completes when something has changed since.</summary>
    internal (IReadOnlyDictionary<string, ServingStatus> Statuses, Task Changed) Look()
    {
        lock (_gate)
        {
            return (_statuses, _changed.Task);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

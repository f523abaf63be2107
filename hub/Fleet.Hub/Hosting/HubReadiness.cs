using Fleet.Hub.Storage;

namespace Fleet.Hub.Hosting;

/// <summary>Whether this node may be sent traffic: started whole, not stopping, and its database answers.</summary>
internal sealed class HubReadiness(FleetDatabase database, FleetStores stores, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private volatile string? _why = "The hub is starting.";

    /// <summary>Raised when the hub has started, and when it is about to stop; the database is not watched.</summary>
    public event Action? Changed;

    /// <summary>The listeners are open and everything that must come before is done.</summary>
    public void Started() => Set(null);

    /// <summary>Load balancers are to look elsewhere.</summary>
    public void Stopping() => Set("The hub is stopping.");

    /// <summary>Null when ready; else why not.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        if (_why is { } why)
        {
            return why;
        }

        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // Waited for apart: to cancel a query, the driver asks the very server that may not be answering.
            return await database.ReadAsync(stores.Hub.GetAsync, either.Token).WaitAsync(either.Token).ConfigureAwait(false) is null ? "The hub's identity is not in the database." : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return limit.IsCancellationRequested
                ? $"The database has not answered within {Patience.TotalSeconds} s."
                : $"The database cannot be read ({e.GetType().Name}); the hub's log says more.";
        }
    }

    private void Set(string? why)
    {
        _why = why;
        Changed?.Invoke();
    }
}

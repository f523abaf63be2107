using Fleet.Agent.State;

namespace Fleet.Agent.Session;

/// <summary>The desired state in memory, always one that is persisted. One writer at a time.</summary>
internal sealed class DesiredBook(DesiredStore store, StateRetry retry)
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile DesiredState _current = DesiredState.Empty;

    public DesiredState Current => _current;

    /// <summary>Called after each change, with what was and what is.</summary>
    public event Action<DesiredState, DesiredState>? Changed;

    public async Task LoadAsync(CancellationToken cancellationToken) =>
        _current = await retry.UntilDoneAsync("reading the accepted desired state", store.ReadAsync, cancellationToken).ConfigureAwait(false);

    /// <summary>Persists what the change makes of the current state, then switches to it.</summary>
    /// <param name="change">Null: nothing to change.</param>
    /// <param name="cancellationToken">Ends the waiting for the API server.</param>
    public async Task<DesiredState> ChangeAsync(Func<DesiredState, DesiredState?> change, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var before = _current;
            if (change(before) is not { } next) return before;
            next = next.WithoutUnusedSpecs();
            if (!DesiredStore.Format(before).AsSpan().SequenceEqual(DesiredStore.Format(next)))
            {
                await retry.UntilDoneAsync("writing the accepted desired state", token => store.WriteAsync(next, token), cancellationToken).ConfigureAwait(false);
            }
            _current = next;
            Changed?.Invoke(before, next);
            return next;
        }
        finally
        {
            _one.Release();
        }
    }
}

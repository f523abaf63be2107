using Fleet.Agent.Enrollment;
using Fleet.Agent.State;

namespace Fleet.Agent.Session;

/// <summary>The random value of the last Welcome: presented only once it is persisted, so that a restored or copied Secret shows.</summary>
internal sealed class Continuity(IdentityStore store, StateRetry retry)
{
    private volatile byte[] _current = [];

    public byte[] Current => _current;

    public void Load(StoredIdentity stored) => _current = stored.Continuity;

    public async Task TakeAsync(byte[] next, CancellationToken cancellationToken)
    {
        if (next.Length == 0 || next.AsSpan().SequenceEqual(_current)) return;
        await retry.UntilDoneAsync("writing the session's continuity", token => store.WriteContinuityAsync(next, token), cancellationToken).ConfigureAwait(false);
        _current = next;
    }
}

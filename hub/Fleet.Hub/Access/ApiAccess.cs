using System.Collections.Concurrent;
using System.Security.Cryptography;
using Fleet.Hub.Api;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Access;
using Grpc.Core;

namespace Fleet.Hub.Access;

/// <summary>Finds out who calls the operator API, by bearer key, and whether they may.</summary>
internal sealed class ApiAccess(FleetDatabase database, ApiKeyStore keys, TimeProvider clock)
{
    private const string Scheme = "Bearer ";
    private static readonly TimeSpan TouchEvery = TimeSpan.FromMinutes(1);

    // Operators behind one proxy share an address: one tool with a wrong key must not lock out the others. So failures
    // count for the key's id at that address, and for the address as a whole only against ids that never were good.
    private readonly AttemptLimits _failuresOfId = new(burst: 20, perSecond: 1, clock);
    private readonly AttemptLimits _failuresOfAddress = new(burst: 100, perSecond: 5, clock);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _touched = new(StringComparer.Ordinal);

    /// <summary>The caller behind an authorization header.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED, PERMISSION_DENIED, or RESOURCE_EXHAUSTED after too many wrong keys from one address.</exception>
    public async Task<Caller> AuthenticateAsync(string? header, string peer, Role needed, CancellationToken cancellationToken)
    {
        var secret = header is not null && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? BearerSecret.Parse(header[Scheme.Length..].Trim()) : null;
        if (secret is null)
        {
            // Costs nothing to check, so it counts for nothing: clients without a key are common and harmless.
            throw Refusals.Make(StatusCode.Unauthenticated, "KEY_MISSING", "An API key is needed: send \"authorization: Bearer KEY\". The first admin key is in admin.key in the hub's data folder; fleetctl apikey create makes others.");
        }

        var attempt = $"{peer} {secret.Id}";
        if (!_failuresOfId.HasLeft(attempt, out var retryAfter) || !(_touched.ContainsKey(secret.Id) || _failuresOfAddress.HasLeft(peer, out retryAfter)))
        {
            throw Refusals.TooMany($"Too many wrong API keys came from this address. Try again in {Math.Ceiling(retryAfter.TotalSeconds)} s.", retryAfter);
        }

        var stored = await FindAsync(secret, cancellationToken).ConfigureAwait(false);
        if (stored is null || Ended(stored))
        {
            _failuresOfId.TryTake(attempt, out _);
            _failuresOfAddress.TryTake(peer, out _);
            throw stored is null
                ? Refusals.Make(StatusCode.Unauthenticated, "KEY_UNKNOWN", "The API key is not one of this hub's: check that it is whole, and for this hub.")
                : Refusals.Make(StatusCode.Unauthenticated, "KEY_ENDED", $"The API key {stored.Name} has {(stored.RevokedAt is null ? "expired" : "been revoked")}: ask an admin for another (fleetctl apikey create).");
        }

        var role = Roles.Parse(stored.Role) ?? Role.Viewer;
        if (role < needed)
        {
            throw Refusals.Make(StatusCode.PermissionDenied, "ROLE_TOO_LOW", $"The API key {stored.Name} has the role {Roles.Name(role)}; this call needs {Roles.Name(needed)}.");
        }

        await TouchAsync(secret.Id, stored.Name, cancellationToken).ConfigureAwait(false);
        return new Caller(stored.Name, role);
    }

    /// <summary>Whether a caller's key is still good: long streams ask from time to time.</summary>
    public async Task<bool> IsStillGoodAsync(Caller caller, CancellationToken cancellationToken)
    {
        var stored = await database.ReadAsync((tx, cancel) => keys.GetAsync(tx, caller.Name, cancel), cancellationToken).ConfigureAwait(false);
        return stored is not null && !Ended(stored);
    }

    // Looked up by hash, so the time of the lookup tells nothing of the secret; compared whole all the same.
    private async Task<StoredApiKey?> FindAsync(BearerSecret secret, CancellationToken cancellationToken)
    {
        var hash = secret.Hash();
        var stored = await database.ReadAsync((tx, cancel) => keys.FindAsync(tx, hash, cancel), cancellationToken).ConfigureAwait(false);
        return stored is not null && CryptographicOperations.FixedTimeEquals(stored.Hash, hash) ? stored : null;
    }

    private bool Ended(StoredApiKey key) => key.RevokedAt is not null || key.Expires <= clock.GetUtcNow();

    private async Task TouchAsync(string id, string name, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (_touched.TryGetValue(id, out var last) && now - last < TouchEvery)
        {
            return;
        }

        _touched[id] = now;
        await database.WriteAsync((tx, cancel) => keys.TouchAsync(tx, name, now, cancel), cancellationToken).ConfigureAwait(false);
    }
}

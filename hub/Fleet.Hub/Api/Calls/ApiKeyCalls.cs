using System.Security.Cryptography;
using Fleet.Hub.Access;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Access;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Calls;

/// <summary>Make, list and revoke API keys.</summary>
internal sealed class ApiKeyCalls(FleetDatabase database, ApiKeyStore keys, AuditWrites audit, TimeProvider clock)
{
    public async Task<CreateApiKeyResponse> CreateAsync(CreateApiKeyRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (Names.Problem(request.Name) is { } problem)
        {
            throw Refusals.Invalid(problem);
        }

        if (Roles.Parse(request.Role) is null)
        {
            throw Refusals.Invalid($"{Quoting.Quote(request.Role)} is not a role: write {Quoting.Choices(Roles.Names)}.{Closest.Hint(request.Role, Roles.Names)}");
        }

        var lifetime = TimeSpan.Zero;
        if (request.Ttl.Length > 0 && (!Durations.TryParse(request.Ttl, out lifetime) || lifetime <= TimeSpan.Zero))
        {
            throw Refusals.Invalid($"{Quoting.Quote(request.Ttl)} is not a lifetime: write a number and a unit, such as 90d or 12h, or leave it out for a key that does not expire.");
        }

        var now = clock.GetUtcNow();
        var secret = BearerSecret.Create(RandomNumberGenerator.GetBytes(BearerSecret.RandomBytes));
        var row = new StoredApiKey(request.Name, secret.Hash(), request.Role, caller.Name, now, request.Ttl.Length == 0 ? null : now + lifetime, null, null);
        await database.WriteAsync(
            async (tx, cancel) =>
            {
                if (!await keys.InsertAsync(tx, row, cancel).ConfigureAwait(false))
                {
                    throw Refusals.Make(Grpc.Core.StatusCode.AlreadyExists, "NAME_TAKEN", $"There is an API key {request.Name} already (revoked ones keep their names, for the audit log): give another name.");
                }

                await audit.AddAsync(tx, caller, "apikey.create", $"ApiKey/{request.Name}", $"role {request.Role}", cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return new CreateApiKeyResponse { Key = Show(row), Secret = secret.Reveal() };
    }

    public async Task<ListApiKeysResponse> ListAsync(CancellationToken cancellationToken) =>
        new() { Keys = { (await database.ReadAsync(keys.ListAsync, cancellationToken).ConfigureAwait(false)).Select(Show) } };

    public Task<ApiKey> RevokeAsync(RevokeApiKeyRequest request, Caller caller, CancellationToken cancellationToken) => database.WriteAsync(
        async (tx, cancel) =>
        {
            var all = await keys.ListAsync(tx, cancel).ConfigureAwait(false);
            var row = all.FirstOrDefault(k => k.Name == request.Name) ?? throw Refusals.NotFound($"There is no API key {Quoting.Quote(request.Name)}. See fleetctl apikey list.");
            var now = clock.GetUtcNow();
            if (row.Role == Roles.Name(Role.Admin) && all.Count(k => k.Role == row.Role && k.RevokedAt is null && (k.Expires is null || k.Expires > now)) == 1 && row.RevokedAt is null)
            {
                throw Refusals.Precondition("LAST_ADMIN", $"{row.Name} is the last admin key: nobody could make another. Make one first with fleetctl apikey create --role admin.");
            }

            if (await keys.RevokeAsync(tx, row.Name, now, cancel).ConfigureAwait(false))
            {
                await audit.AddAsync(tx, caller, "apikey.revoke", $"ApiKey/{row.Name}", "", cancel).ConfigureAwait(false);
            }

            return Show((await keys.GetAsync(tx, row.Name, cancel).ConfigureAwait(false))!);
        },
        cancellationToken);

    private static ApiKey Show(StoredApiKey row) => new()
    {
        Name = row.Name,
        Role = row.Role,
        CreationTime = Timestamp.FromDateTimeOffset(row.Created),
        ExpiryTime = row.Expires is { } expires ? Timestamp.FromDateTimeOffset(expires) : null,
        LastUsedTime = row.LastUsed is { } used ? Timestamp.FromDateTimeOffset(used) : null,
        Revoked = row.RevokedAt is not null,
    };
}

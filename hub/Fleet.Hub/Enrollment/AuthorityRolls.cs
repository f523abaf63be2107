using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Access;
using Fleet.Hub.Api;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Signals;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Enrollment;

/// <summary>
/// Rolls the hub's certificate authority: the next one goes into the bundles, signs agents' certificates a day later, and the
/// old one, which signs the server certificates meanwhile, goes when every agent has been given the new one.
/// </summary>
internal sealed class AuthorityRolls(FleetDatabase database, FleetStores stores, AuthorityKeys keys, HubIdentity hub, AuditWrites audit, TimeProvider clock)
{
    private const string Lock = "fleet/authorities";
    private const int Page = 1_000;
    private const int MaxNames = 100;
    private static readonly Caller Itself = new("hub", Core.Access.Role.Admin);

    public Task<AuthoritiesResponse> StatusAsync(CancellationToken cancellationToken) => database.ReadAsync(ShowAsync, cancellationToken);

    /// <summary>Makes the next authority; with <see cref="RollAuthorityRequest.Now"/> it signs at once.</summary>
    public Task<AuthoritiesResponse> RollAsync(RollAuthorityRequest request, Caller caller, CancellationToken cancellationToken) => ChangeAsync(
        async (tx, all, cancel) =>
        {
            if (all.Any(ca => ca.Role == AuthorityRoles.Retiring))
            {
                throw Refusals.Precondition("ROLL_UNDER_WAY", "The last roll is not over: see fleetctl ca status, and end it with fleetctl ca finish.");
            }

            var next = all.FirstOrDefault(ca => ca.Role == AuthorityRoles.Next);
            if (next is null)
            {
                next = keys.Make(AuthorityRoles.Next, hub.HubId, clock.GetUtcNow());
                await stores.Hub.PutCaAsync(tx, next, cancel).ConfigureAwait(false);
                await audit.AddAsync(tx, caller, "ca.roll", "CertificateAuthority/" + Pin(next), $"the next authority is in the bundles; it signs from {next.Created + AuthoritySchedule.Announced:u}", cancel).ConfigureAwait(false);
            }
            else if (!request.Now)
            {
                throw Refusals.Precondition("ROLL_UNDER_WAY", $"The next authority was made at {next.Created:u} and signs from {next.Created + AuthoritySchedule.Announced:u}; with --now at once.");
            }

            if (request.Now)
            {
                await ActivateAsync(tx, all, next, caller, cancel).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Takes the old authority away.</summary>
    public Task<AuthoritiesResponse> FinishAsync(FinishAuthorityRollRequest request, Caller caller, CancellationToken cancellationToken) => ChangeAsync(
        async (tx, all, cancel) =>
        {
            if (all.FirstOrDefault(ca => ca.Role == AuthorityRoles.Retiring) is not { } old)
            {
                throw Refusals.Precondition("NO_ROLL", all.Any(ca => ca.Role == AuthorityRoles.Next)
                    ? "The next authority does not sign yet: wait for that, or have it sign now with fleetctl ca roll --now."
                    : "No roll is under way: begin one with fleetctl ca roll.");
            }

            var activated = all.First(ca => ca.Role == AuthorityRoles.Active).Activated ?? clock.GetUtcNow();
            var behind = await BehindAsync(tx, activated, cancel).ConfigureAwait(false);
            if (!request.Confirm && !AuthoritySchedule.MayFinish(activated, clock.GetUtcNow(), behind.Count))
            {
                throw Refusals.Precondition("OVERLAP", behind.Count > 0
                    ? $"{behind.Count} clusters have not been given the new authority yet and could not come back without a new enrollment: {string.Join(", ", behind.Take(10))}{(behind.Count > 10 ? ", …" : "")}. Confirm if that is meant."
                    : $"The overlap lasts until {activated + AuthoritySchedule.Overlap:u}: until then an answer that was lost on its way does no harm. Confirm if it must end now.");
            }

            await FinishAsync(tx, old, behind, caller, cancel).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Does what is due by itself; false: nothing was.</summary>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var all = await database.ReadAsync(stores.Hub.CasAsync, cancellationToken).ConfigureAwait(false);
        if (all.Count < 2)
        {
            return false;
        }

        return await database.WriteAsync(async (tx, cancel) =>
        {
            await tx.LockAsync(Lock, cancel).ConfigureAwait(false);
            var (locked, now) = (await stores.Hub.CasAsync(tx, cancel).ConfigureAwait(false), clock.GetUtcNow());
            if (locked.FirstOrDefault(ca => ca.Role == AuthorityRoles.Next) is { } next && AuthoritySchedule.MayActivate(next.Created, now))
            {
                await ActivateAsync(tx, locked, next, Itself, cancel).ConfigureAwait(false);
                return true;
            }

            if (locked.FirstOrDefault(ca => ca.Role == AuthorityRoles.Retiring) is { } old
                && locked.First(ca => ca.Role == AuthorityRoles.Active).Activated is { } activated
                && now >= activated + AuthoritySchedule.Overlap
                && await BehindAsync(tx, activated, cancel).ConfigureAwait(false) is { Count: 0 } nobody)
            {
                await FinishAsync(tx, old, nobody, Itself, cancel).ConfigureAwait(false);
                return true;
            }

            return false;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task ActivateAsync(Transaction tx, IReadOnlyList<HubCa> all, HubCa next, Caller caller, CancellationToken cancel)
    {
        foreach (var active in all.Where(ca => ca.Role == AuthorityRoles.Active))
        {
            await stores.Hub.PutCaAsync(tx, active with { Role = AuthorityRoles.Retiring }, cancel).ConfigureAwait(false);
        }

        var now = clock.GetUtcNow();
        await stores.Hub.PutCaAsync(tx, next with { Role = AuthorityRoles.Active, Activated = now }, cancel).ConfigureAwait(false);
        await audit.AddAsync(tx, caller, "ca.activate", "CertificateAuthority/" + Pin(next), $"it signs agents' certificates; the old one goes at {now + AuthoritySchedule.Overlap:u} at the earliest", cancel).ConfigureAwait(false);
        tx.Signal(Topics.Authorities);
    }

    private async Task FinishAsync(Transaction tx, HubCa old, IReadOnlyList<string> behind, Caller caller, CancellationToken cancel)
    {
        await stores.Hub.RemoveCaAsync(tx, old.Id, cancel).ConfigureAwait(false);
        var shut = behind.Count == 0 ? "every cluster has the new one" : $"shut out until they enroll anew: {string.Join(", ", behind.Take(MaxNames))}";
        await audit.AddAsync(tx, caller, "ca.finish", "CertificateAuthority/" + Pin(old), $"the old authority is trusted no more; {shut}", cancel).ConfigureAwait(false);
        tx.Signal(Topics.Authorities);
    }

    private async Task<AuthoritiesResponse> ChangeAsync(Func<Transaction, IReadOnlyList<HubCa>, CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        var (response, authorities) = await database.WriteAsync(
            async (tx, cancel) =>
            {
                await tx.LockAsync(Lock, cancel).ConfigureAwait(false);
                await change(tx, await stores.Hub.CasAsync(tx, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
                tx.Signal(Topics.Authorities);
                return (await ShowAsync(tx, cancel).ConfigureAwait(false), await keys.LoadAsync(tx, cancel).ConfigureAwait(false));
            },
            cancellationToken).ConfigureAwait(false);

        // Here at once; other nodes hear of it.
        hub.Take(authorities);
        return response;
    }

    private async Task<AuthoritiesResponse> ShowAsync(Transaction tx, CancellationToken cancel)
    {
        var all = await stores.Hub.CasAsync(tx, cancel).ConfigureAwait(false);
        var (next, active) = (all.FirstOrDefault(ca => ca.Role == AuthorityRoles.Next), all.First(ca => ca.Role == AuthorityRoles.Active));
        var retiring = all.Any(ca => ca.Role == AuthorityRoles.Retiring);
        var behind = next is not null ? await BehindAsync(tx, next.Created, cancel).ConfigureAwait(false)
            : retiring && active.Activated is { } since ? await BehindAsync(tx, since, cancel).ConfigureAwait(false)
            : [];
        var response = new AuthoritiesResponse
        {
            BehindCount = behind.Count,
            Behind = { behind.Take(MaxNames) },
            Message = next is not null ? $"The next authority is in the bundles, and signs agents' certificates from {next.Created + AuthoritySchedule.Announced:u} on (fleetctl ca roll --now: at once)."
                : retiring ? $"Agents get certificates of the new authority. The old one signs the hub's server certificates until it goes: at {active.Activated + AuthoritySchedule.Overlap:u}, once every cluster has the new one; or with fleetctl ca finish."
                : "No roll is under way.",
        };
        response.Authorities.Add(all.Select(ca => new Authority
        {
            Id = ca.Id,
            Role = ca.Role,
            Pin = Pin(ca),
            CreationTime = Timestamp.FromDateTimeOffset(ca.Created),
            ExpiryTime = Timestamp.FromDateTimeOffset(ca.Expires),
            ActivationTime = ca.Activated is { } at ? Timestamp.FromDateTimeOffset(at)
                : ca.Role == AuthorityRoles.Next ? Timestamp.FromDateTimeOffset(ca.Created + AuthoritySchedule.Announced) : null,
            RemovalTime = ca.Role == AuthorityRoles.Retiring && active.Activated is { } begun ? Timestamp.FromDateTimeOffset(begun + AuthoritySchedule.Overlap) : null,
        }));
        return response;
    }

    private async Task<IReadOnlyList<string>> BehindAsync(Transaction tx, DateTimeOffset since, CancellationToken cancel)
    {
        var behind = new List<string>();
        for (var after = ""; ;)
        {
            var page = await stores.Clusters.ListAsync(tx, after, Page, cancel).ConfigureAwait(false);
            var names = page.Where(cluster => cluster.RevokedAt is null).ToDictionary(cluster => cluster.Id, cluster => cluster.Name, StringComparer.Ordinal);
            var identities = await stores.Clusters.GetIdentitiesAsync(tx, names.Keys, cancel).ConfigureAwait(false);
            behind.AddRange(identities.Where(identity => AuthoritySchedule.IsBehind(identity.CertificateExpiry, since)).Select(identity => names[identity.Cluster]));
            if (page.Count < Page)
            {
                return [.. behind.Order(StringComparer.Ordinal)];
            }

            after = page[^1].Name;
        }
    }

    private static string Pin(HubCa ca)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(ca.Certificate);
        return PublicKeys.Pin(certificate);
    }
}

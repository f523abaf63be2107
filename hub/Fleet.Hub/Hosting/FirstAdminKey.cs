using System.Security.Cryptography;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Access;
using Fleet.Hub.Storage.Audit;

namespace Fleet.Hub.Hosting;

/// <summary>At first start there is nobody who could make an API key: the hub makes one.</summary>
internal sealed class FirstAdminKey(FleetDatabase database, FleetStores stores, TimeProvider clock)
{
    private const string Name = "admin";

    /// <summary>The key, to be shown this once; null when there are keys already.</summary>
    public async Task<string?> EnsureAsync(string folder, CancellationToken cancellationToken)
    {
        if ((await database.ReadAsync(stores.ApiKeys.ListAsync, cancellationToken).ConfigureAwait(false)).Count > 0)
        {
            return null;
        }

        // The file first: a crash in between leaves a file with a useless key, not a hub that nobody can enter.
        var secret = BearerSecret.Create(RandomNumberGenerator.GetBytes(BearerSecret.RandomBytes));
        var file = Path.Combine(folder, "admin.key");
        await PrivateFiles.WriteAsync(file, secret.Reveal() + "\n", cancellationToken).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var made = await database.WriteAsync(
            async (tx, cancel) =>
            {
                var inserted = await stores.ApiKeys.InsertAsync(tx, new StoredApiKey(Name, secret.Hash(), Roles.Name(Role.Admin), "first start", now, null, null, null), cancel).ConfigureAwait(false);
                if (inserted)
                {
                    await stores.Audit.AppendAsync(tx, AuditRow.New("hub", "apikey.create", $"ApiKey/{Name}", now) with { Message = "role admin, at first start" }, cancel).ConfigureAwait(false);
                }

                return inserted;
            },
            cancellationToken).ConfigureAwait(false);
        if (!made)
        {
            // Another node of the same database was first: its file has the key.
            File.Delete(file);
        }

        return made ? secret.Reveal() : null;
    }
}

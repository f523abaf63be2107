using System.Text.Json;
using Fleet.Hub.Git;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Access;
using Fleet.Hub.Storage.Sealing;

namespace Fleet.Hub.Access;

/// <summary>Seals Git credentials when they are set, and opens them for who fetches.</summary>
public sealed class Credentials(FleetDatabase database, CredentialStore store, Sealer sealer)
{
    internal const string Basic = "basic";
    internal const string Ssh = "ssh";

    /// <summary>The credential of a name; null: there is none (any more).</summary>
    /// <exception cref="StorageException">It was sealed with a master key that this hub was not given.</exception>
    public async Task<GitCredential?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var stored = await database.ReadAsync((tx, cancel) => store.GetAsync(tx, name, cancel), cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            return null;
        }

        var secret = JsonSerializer.Deserialize<Secret>(sealer.Open(new SealedValue(stored.KeyId, stored.Sealed), Purpose(name)))!;
        return stored.Type == Ssh ? new GitCredential.Ssh(secret.PrivateKey, secret.KnownHosts) : new GitCredential.Basic(stored.Username, secret.Password);
    }

    /// <summary>The row to store for a credential.</summary>
    internal StoredCredential Seal(string name, string type, string username, Secret secret, DateTimeOffset now)
    {
        var value = sealer.Seal(JsonSerializer.SerializeToUtf8Bytes(secret), Purpose(name));
        return new StoredCredential(name, type, username, value.KeyId, value.Bytes, 0, now);
    }

    private static string Purpose(string name) => $"credential/{name}";

    /// <summary>The part that is never shown again.</summary>
    internal sealed record Secret(string Password, string PrivateKey, string KnownHosts)
    {
        public override string ToString() => "…";
    }
}

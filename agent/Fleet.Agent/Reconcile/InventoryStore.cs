using System.Security.Cryptography;
using System.Text;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Kube;
using Fleet.Agent.State;

namespace Fleet.Agent.Reconcile;

/// <summary>Keeps one Assignment's Inventory in Secrets.</summary>
internal sealed class InventoryStore(SecretFiles secrets, string uid, Func<CancellationToken, Task<KubeResult<bool>>> isHolder)
{
    public const string NamePrefix = "fleet-agent-state-inventory-";
    public const string ContentPrefix = "fleet-agent-state-content-";
    private readonly SecretBlob _blob = new(secrets, NameOf(uid), isHolder);

    /// <summary>An uid may hold what a Secret's name may not.</summary>
    public static string NameOf(string uid, string prefix = NamePrefix) => prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uid)))[..20];

    public async Task<KubeResult<InventoryState>> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await _blob.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk) return stored.Error;
        if (stored.Value.Bytes is not { } bytes) return InventoryState.Of(uid);
        try
        {
            return InventoryJson.Read(bytes) is { } state && state.AssignmentUid == uid
                ? state
                : new KubeApiError { Failure = KubeFailure.Unreadable, Message = $"Secret {_blob.Name} holds another Assignment's inventory" };
        }
        catch (InventoryFormatException e)
        {
            return new KubeApiError { Failure = KubeFailure.Unreadable, Message = $"Secret {_blob.Name}: {e.Message}" };
        }
    }

    public async Task<KubeApiError?> WriteAsync(InventoryState state, CancellationToken cancellationToken)
    {
        var written = await _blob.WriteAsync(InventoryJson.Write(state), cancellationToken).ConfigureAwait(false);
        return written.IsOk ? null : written.Error;
    }

    public Task<KubeApiError?> DeleteAsync(CancellationToken cancellationToken) => _blob.DeleteAsync(cancellationToken);
}

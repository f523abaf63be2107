using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Kube;

namespace Fleet.Agent.State;

/// <summary>
/// Bytes of any size in Secrets: compressed; in one Secret while they fit, else in parts of the slot that is not in use,
/// and the head, which names the slot, switched last. A crash anywhere leaves the old bytes or the new ones.
/// </summary>
/// <param name="secrets">Where.</param>
/// <param name="name">The head's name.</param>
/// <param name="isHolder">Asked after a conflict: whether this agent still holds the Lease.</param>
internal sealed class SecretBlob(SecretFiles secrets, string name, Func<CancellationToken, Task<KubeResult<bool>>> isHolder)
{
    /// <summary>Reason of the error when what was stored is not what was written.</summary>
    public const string DamagedReason = "Damaged";
    private const int MaxParts = 400;
    private SecretFile _head = SecretFile.Absent(name);
    private bool _isSwept;

    public string Name => name;

    /// <summary>Null when nothing was ever written.</summary>
    public async Task<KubeResult<StoredBytes>> ReadAsync(CancellationToken cancellationToken)
    {
        var head = await secrets.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (!head.IsOk) return head.Error;
        _head = head.Value;
        if (!_head.Exists || !_head.Content.ContainsKey("sha256")) return StoredBytes.None;
        var chunks = new List<byte[]>();
        if (_head.Content.TryGetValue("body", out var body))
        {
            chunks.Add(body);
        }
        else
        {
            for (var i = 0; i < Parts(_head); i++)
            {
                var part = await secrets.ReadAsync(PartName(_head.Text("slot"), i), cancellationToken).ConfigureAwait(false);
                if (!part.IsOk) return part.Error;
                if (!part.Value.Content.TryGetValue("body", out var piece)) return Damaged($"its part {i} is missing");
                chunks.Add(piece);
            }
        }
        try
        {
            var bytes = InventoryChunks.Unpack(chunks);
            return Convert.ToHexStringLower(SHA256.HashData(bytes)) == _head.Text("sha256") ? new StoredBytes(bytes) : Damaged("its hash is another one");
        }
        catch (InventoryFormatException e)
        {
            return Damaged(e.Message);
        }
    }

    public async Task<KubeResult<bool>> WriteAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        var chunks = InventoryChunks.Pack(bytes);
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["sha256"] = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes))) };
        var slot = _head.Text("slot") == "a" ? "b" : "a";
        if (chunks.Count == 1)
        {
            content["body"] = chunks[0];
        }
        else
        {
            for (var i = 0; i < chunks.Count; i++)
            {
                // What lies in this slot is from before the last switch, or from a write that did not come to its end.
                var old = await secrets.ReadAsync(PartName(slot, i), cancellationToken).ConfigureAwait(false);
                if (!old.IsOk) return old.Error;
                var part = await secrets.WriteAsync(old.Value with { Content = new Dictionary<string, byte[]> { ["body"] = chunks[i] } }, cancellationToken).ConfigureAwait(false);
                if (!part.IsOk) return part.Error;
            }
            content["slot"] = Encoding.ASCII.GetBytes(slot);
            content["parts"] = Encoding.ASCII.GetBytes(chunks.Count.ToString(CultureInfo.InvariantCulture));
        }
        var before = _head;
        var head = await secrets.WriteAsync(before with { Content = content }, cancellationToken).ConfigureAwait(false);
        if (!head.IsOk) return await AfterConflictAsync(head.Error, cancellationToken).ConfigureAwait(false);
        _head = head.Value;
        // Also what a write that did not come to its end has left: looked for when something could be there.
        if (chunks.Count > 1 || Parts(before) > 0 || !_isSwept)
        {
            foreach (var s in (string[])["a", "b"]) await SweepAsync(s, chunks.Count > 1 && s == slot ? chunks.Count : 0, before.Text("slot") == s ? Parts(before) : 0, cancellationToken).ConfigureAwait(false);
            _isSwept = true;
        }
        return true;
    }

    public async Task<KubeApiError?> DeleteAsync(CancellationToken cancellationToken)
    {
        var old = _head;
        if (await secrets.DeleteAsync(name, cancellationToken).ConfigureAwait(false) is { } error) return error;
        _head = SecretFile.Absent(name);
        foreach (var s in (string[])["a", "b"]) await SweepAsync(s, 0, old.Text("slot") == s ? Parts(old) : 0, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Somebody else wrote the head: by hand (then we go on from it), or as the next holder of the Lease (then never).</summary>
    private async Task<KubeApiError> AfterConflictAsync(KubeApiError error, CancellationToken cancellationToken)
    {
        if (!error.IsConflict && !error.IsAlreadyExists && error.HttpStatus != 404) return error;
        var holder = await isHolder(cancellationToken).ConfigureAwait(false);
        if (!holder.IsOk || !holder.Value) return error;
        var now = await secrets.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (now.IsOk) _head = now.Value;
        return error;
    }

    /// <summary>Best effort, from the last one down: what a crash leaves then begins at the first, where the next sweep finds it.</summary>
    private async Task SweepAsync(string slot, int from, int known, CancellationToken cancellationToken)
    {
        var end = Math.Max(from, known);
        while (end < MaxParts && await secrets.ReadAsync(PartName(slot, end), cancellationToken).ConfigureAwait(false) is { IsOk: true, Value.Exists: true }) end++;
        for (var i = end - 1; i >= from; i--)
        {
            if (await secrets.DeleteAsync(PartName(slot, i), cancellationToken).ConfigureAwait(false) is not null) return;
        }
    }

    private static int Parts(SecretFile head) => int.TryParse(head.Text("parts"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? Math.Min(n, MaxParts) : 0;

    private string PartName(string slot, int index) => $"{name}-{slot}-{index.ToString(CultureInfo.InvariantCulture)}";

    private KubeApiError Damaged(string how) => new()
    {
        Failure = KubeFailure.Unreadable,
        Reason = DamagedReason,
        Message = $"Secret {secrets.Namespace}/{name} is damaged ({how}). Restore it from a backup, or delete it: the agent then finds its objects again by their labels",
    };
}

/// <summary>What was stored; null when nothing was.</summary>
internal sealed record StoredBytes(byte[]? Bytes)
{
    public static readonly StoredBytes None = new((byte[]?)null);
}

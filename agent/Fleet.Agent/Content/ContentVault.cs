using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube;
using Fleet.Agent.State;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Agent.Content;

/// <summary>
/// Keeps the content of an Assignment's revision in Secrets: the cache may be lost with the pod, and an agent that starts
/// while its hub is away must still be able to heal. What is read back is checked against its ids like everything else.
/// </summary>
internal sealed class ContentVault(SecretFiles secrets, string name, IObjectStore store, ContentLimits limits, Func<CancellationToken, Task<KubeResult<bool>>> isHolder)
{
    /// <summary>Plain; larger content stays in the cache alone (a PVC there keeps it).</summary>
    public const long MaxBytes = 16L << 20;
    private readonly SecretBlob _blob = new(secrets, name, isHolder);
    private string _digest = "";
    private bool _loaded;

    /// <summary>The content is not kept, for its size.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Puts what was kept back into the store, once.</summary>
    /// <returns>Why it could not be read; null otherwise. A damaged one counts as none: the hub has the content too.</returns>
    public async Task<KubeApiError?> LoadAsync(CancellationToken cancellationToken)
    {
        if (_loaded) return null;
        var stored = await _blob.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk && stored.Error.Failure != KubeFailure.Unreadable) return stored.Error;
        _loaded = true;
        if (stored.Value?.Bytes is not { } bytes) return null;
        try
        {
            var input = new CodedInputStream(bytes);
            var digest = input.ReadString();
            var objects = new ContentObjects();
            input.ReadMessage(objects);
            var receiver = new ContentReceiver(store, limits);
            foreach (var item in objects.Objects)
            {
                var one = new ContentObjects();
                one.Objects.Add(item);
                receiver.Take(one);
            }
            _digest = digest;
        }
        catch (Exception e) when (e is ContentException or InvalidProtocolBufferException)
        {
            // Somebody changed it: nothing of it is believed.
        }
        return null;
    }

    /// <summary>Keeps these objects instead of what was kept; does nothing when they are kept already.</summary>
    public async Task<KubeApiError?> KeepAsync(IReadOnlyList<GitId> closure, CancellationToken cancellationToken)
    {
        if (closure.Count == 0 || !_loaded) return null;
        var digest = ClosureDigests.Of(closure.Select(c => c.Hex));
        IsTooLarge = closure.Sum(c => Math.Max(0, store.SizeOf(c))) > MaxBytes;
        if (digest == _digest || IsTooLarge) return null;
        var objects = new ContentObjects();
        foreach (var id in closure)
        {
            if (store.Read(id) is not { } content) return null;
            objects.Objects.Add(new ContentObject { Oid = ByteString.CopyFrom(id.Bytes), Type = content.Type, Size = (ulong)content.Bytes.Length, Data = ByteString.CopyFrom(content.Bytes.Span) });
        }
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteString(digest);
            output.WriteMessage(objects);
        }
        var written = await _blob.WriteAsync(buffer.ToArray(), cancellationToken).ConfigureAwait(false);
        if (written.IsOk) _digest = digest;
        return written.Error;
    }

    public Task<KubeApiError?> DeleteAsync(CancellationToken cancellationToken) => _blob.DeleteAsync(cancellationToken);
}

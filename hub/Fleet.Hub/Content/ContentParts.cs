using System.IO.Compression;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Content;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Content;

/// <summary>Makes the parts of answers: each once, however many agents ask for it.</summary>
internal sealed class ContentParts(FleetDatabase database, ContentStore store, ContentOptions options)
{
    private const int Quality = 5;
    private const int Window = 22;

    private readonly SharedResults<(string Plan, int Page), ContentPart> _parts = new(options.CacheBytes);
    private readonly SharedResults<string, byte[]> _large = new(options.LargeObjectBytes);

    /// <summary>What prepared parts weigh now, in bytes.</summary>
    public long CachedBytes => _parts.Bytes;

    public Task<ContentPart> GetAsync(ContentPlan plan, int page, CancellationToken cancellationToken) =>
        _parts.GetAsync((plan.Key, page), async cancel =>
        {
            var part = Compress(await ObjectsAsync(plan, plan.Pages[page], cancel).ConfigureAwait(false));
            return (part, part.Objects.Length);
        }, cancellationToken);

    /// <summary>The bytes of one object; null: it is not held.</summary>
    public async Task<byte[]?> ReadAsync(string oid, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync((tx, cancel) => store.GetObjectsAsync(tx, [oid], cancel), cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0].Content;
    }

    private async Task<ContentObjects> ObjectsAsync(ContentPlan plan, ContentPage page, CancellationToken cancellationToken)
    {
        var objects = new ContentObjects();
        if (page.IsSlice)
        {
            var oid = page.Oids[0];
            var whole = await _large.GetAsync(oid, async cancel =>
            {
                var bytes = await ReadAsync(oid, cancel).ConfigureAwait(false) ?? throw new ContentGoneException(oid);
                return (bytes, bytes.LongLength);
            }, cancellationToken).ConfigureAwait(false);
            var slice = Full(oid, GitObjectType.Blob, whole.LongLength, whole.AsSpan((int)page.Offset, page.Slice));
            slice.Offset = (ulong)page.Offset;
            objects.Objects.Add(slice);
            return objects;
        }

        var bases = page.Oids.Select(oid => plan.TreeBases.GetValueOrDefault(oid)).OfType<string>();
        var found = (await database.ReadAsync((tx, cancel) => store.GetObjectsAsync(tx, page.Oids.Concat(bases), cancel), cancellationToken).ConfigureAwait(false))
            .ToDictionary(item => item.Oid, StringComparer.Ordinal);
        foreach (var oid in page.Oids)
        {
            if (!found.TryGetValue(oid, out var item))
            {
                throw new ContentGoneException(oid);
            }

            var edit = plan.TreeBases.TryGetValue(oid, out var from) && found.TryGetValue(from, out var before) ? Edit(item, before) : null;
            objects.Objects.Add(edit ?? Full(oid, Kind(item.Type), item.Size, item.Content));
        }

        return objects;
    }

    // Null: the tree itself is hardly larger.
    private static ContentObject? Edit(StoredObject item, StoredObject before)
    {
        var edit = TreeEdits.Between(before.Content, item.Content, item.Oid.Length / 2).ToByteString();
        return edit.Length * 4 >= item.Content.Length * 3 ? null : new ContentObject
        {
            Oid = Raw(item.Oid),
            Type = GitObjectType.Tree,
            Size = (ulong)item.Size,
            Encoding = ContentEncoding.TreeEdit,
            Base = Raw(before.Oid),
            Data = edit,
        };
    }

    private static ContentObject Full(string oid, GitObjectType type, long size, ReadOnlySpan<byte> bytes) => new()
    {
        Oid = Raw(oid),
        Type = type,
        Size = (ulong)size,
        Encoding = ContentEncoding.Full,
        Data = ByteString.CopyFrom(bytes),
    };

    private static ContentPart Compress(ContentObjects objects)
    {
        var plain = objects.ToByteArray();
        var squeezed = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        return BrotliEncoder.TryCompress(plain, squeezed, out var written, Quality, Window) && written < plain.Length
            ? new ContentPart { Compression = Compression.Brotli, Objects = ByteString.CopyFrom(squeezed, 0, written) }
            : new ContentPart { Compression = Compression.None, Objects = UnsafeByteOperations.UnsafeWrap(plain) };
    }

    private static ByteString Raw(string oid) => ByteString.CopyFrom(Convert.FromHexString(oid));

    private static GitObjectType Kind(string type) => type switch
    {
        "commit" => GitObjectType.Commit,
        "tree" => GitObjectType.Tree,
        "blob" => GitObjectType.Blob,
        _ => throw new InvalidOperationException($"Unknown object type {type}."),
    };
}

/// <summary>An object of a pinned closure is not in the store.</summary>
internal sealed class ContentGoneException(string oid) : Exception($"Object {oid} is not held any more.");

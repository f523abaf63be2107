using System.IO.Compression;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Agent.Content;

/// <summary>Takes in the parts of one transfer: unpacks within bounds, puts slices together, applies tree edits, and lets nothing into the store whose hash is not its id.</summary>
internal sealed class ContentReceiver(IObjectStore store, ContentLimits limits)
{
    private readonly Dictionary<GitId, Slices> _slices = [];
    private int _objects;
    private long _bytes;

    /// <summary>Objects stored.</summary>
    public int Stored { get; private set; }

    /// <exception cref="ContentException">It is not what it says, or too much.</exception>
    public void Take(ContentPart part)
    {
        var plain = Unpack(part);
        ContentObjects objects;
        try
        {
            objects = ContentObjects.Parser.ParseFrom(plain);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ContentException("Malformed", $"a part of the content cannot be read: {e.Message}");
        }
        Take(objects);
    }

    public void Take(ContentObjects objects)
    {
        foreach (var item in objects.Objects) Take(item);
    }

    /// <summary>To be asked when the transfer ended in the normal course.</summary>
    public void Finish()
    {
        if (_slices.Count > 0) throw new ContentException("Truncated", $"object {_slices.Keys.First()} came only in part");
    }

    private void Take(ContentObject item)
    {
        if (!GitId.TryOf(item.Oid.Span, out var id)) throw new ContentException("Malformed", "an object has no Git object id");
        if (item.Type is not (GitObjectType.Commit or GitObjectType.Tree or GitObjectType.Blob)) throw new ContentException("Malformed", $"object {id} is of an unknown type");
        if (item.Size > (ulong)limits.ObjectBytes) throw new ContentException("TooLarge", $"object {id} has {item.Size:N0} bytes, {limits.ObjectBytes:N0} are the limit");
        _bytes += item.Data.Length;
        if (_bytes > limits.Bytes) throw new ContentException("TooLarge", $"the content has more than {limits.Bytes >> 20} MiB. Put large files elsewhere, or split the Assignment");
        switch (item.Encoding)
        {
            case ContentEncoding.Full when item.Offset == 0 && (ulong)item.Data.Length == item.Size:
                Store(id, item.Type, item.Data.Memory);
                break;
            case ContentEncoding.Full:
                Slice(id, item);
                break;
            case ContentEncoding.TreeEdit:
                Edit(id, item);
                break;
            default:
                throw new ContentException("UnknownEncoding", $"object {id} comes in an encoding that this agent does not know. Use an agent of the hub's version");
        }
    }

    private void Slice(GitId id, ContentObject item)
    {
        if (!_slices.TryGetValue(id, out var slices))
        {
            // One at a time: each holds the memory of its whole object.
            if (_slices.Count > 0) throw new ContentException("Malformed", $"object {id} begins before object {_slices.Keys.First()} is whole");
            _slices[id] = slices = new(item.Type, new byte[item.Size]);
        }
        if (item.Type != slices.Type || (ulong)slices.Bytes.Length != item.Size || item.Offset != (ulong)slices.Filled || (ulong)slices.Filled + (ulong)item.Data.Length > item.Size || item.Data.IsEmpty)
        {
            throw new ContentException("Malformed", $"the slices of object {id} do not fit together");
        }
        item.Data.Span.CopyTo(slices.Bytes.AsSpan(slices.Filled));
        slices.Filled += item.Data.Length;
        if (slices.Filled < slices.Bytes.Length) return;
        _slices.Remove(id);
        Store(id, slices.Type, slices.Bytes);
    }

    private void Edit(GitId id, ContentObject item)
    {
        if (item.Type != GitObjectType.Tree || !GitId.TryOf(item.Base.Span, out var baseId)) throw new ContentException("Malformed", $"the edit of {id} names no tree");
        // A base that was dropped from the cache meanwhile: the object stays missing, and is asked for by its own name.
        if (store.Read(baseId) is not { Type: GitObjectType.Tree } known || GitTree.Parse(known.Bytes.Span, baseId.Length) is not { } entries) return;
        TreeEdit edit;
        try
        {
            edit = TreeEdit.Parser.ParseFrom(item.Data);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ContentException("Malformed", $"the edit of tree {id} cannot be read: {e.Message}");
        }
        var byName = entries.ToDictionary(e => Convert.ToHexString(e.RawName));
        foreach (var removed in edit.Removed) byName.Remove(Convert.ToHexString(removed.Span));
        foreach (var put in edit.Put)
        {
            if (!GitId.TryOf(put.Oid.Span, out var entryId)) throw new ContentException("Malformed", $"the edit of tree {id} holds an entry without an id");
            byName[Convert.ToHexString(put.Name.Span)] = new(put.Mode, put.Name.ToByteArray(), entryId);
        }
        Store(id, GitObjectType.Tree, GitTree.Write(byName.Values));
    }

    private void Store(GitId id, GitObjectType type, ReadOnlyMemory<byte> content)
    {
        if (++_objects > limits.Objects) throw new ContentException("TooMany", $"the content has more than {limits.Objects:N0} objects. Split the Assignment, or narrow its path");
        if (GitId.Of(type, content.Span, id.Length) != id)
        {
            throw new ContentException("BadHash", $"what the hub sent as {GitId.Word(type)} {id} is something else: its hash is {GitId.Of(type, content.Span, id.Length)}. Nothing of it is used");
        }
        store.Write(id, new(type, content));
        Stored++;
    }

    private byte[] Unpack(ContentPart part)
    {
        if (part.Objects.Length > limits.PartBytes) throw new ContentException("TooLarge", $"a part of the content has {part.Objects.Length:N0} bytes, {limits.PartBytes:N0} are the limit");
        switch (part.Compression)
        {
            case Compression.None:
                return part.Objects.ToByteArray();
            case Compression.Brotli:
                // One byte more than allowed tells that there is more, whatever a bomb unpacks to.
                using (var packed = new MemoryStream(part.Objects.ToByteArray()))
                using (var brotli = new BrotliStream(packed, CompressionMode.Decompress))
                using (var plain = new MemoryStream())
                {
                    var buffer = new byte[64 << 10];
                    try
                    {
                        while (brotli.Read(buffer) is > 0 and var read)
                        {
                            plain.Write(buffer, 0, read);
                            if (plain.Length > limits.PartBytes) throw new ContentException("TooLarge", $"a part of the content unpacks to more than {limits.PartBytes:N0} bytes");
                        }
                    }
                    catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
                    {
                        throw new ContentException("Malformed", $"a part of the content cannot be unpacked: {e.Message}");
                    }
                    return plain.ToArray();
                }
            default:
                throw new ContentException("UnknownCompression", "a part of the content is compressed in a way that this agent does not know. Use an agent of the hub's version");
        }
    }

    private sealed class Slices(GitObjectType type, byte[] bytes)
    {
        public GitObjectType Type => type;
        public byte[] Bytes => bytes;
        public int Filled { get; set; }
    }
}

using System.Security.Cryptography;
using Fleet.Hub.Core.Resources;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Api.Calls;

/// <summary>What a watch has sent, by name: a hash of each, so that a watch over a large fleet stays small.</summary>
internal sealed class SentResources
{
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);

    /// <summary>What changed between what was sent and all there is now.</summary>
    public IEnumerable<WatchEvent> Compare(IReadOnlyList<Resource> all)
    {
        var gone = all.Count == 0 && _sent.Count == 0 ? [] : _sent.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var resource in all)
        {
            var name = ResourceMessages.Metadata(resource).Name;
            gone.Remove(name);
            if (CompareOne(name, resource, ResourceMessages.KindOf(resource)!.Value) is { } change)
            {
                yield return change;
            }
        }

        foreach (var name in gone)
        {
            yield return Delete(name);
        }
    }

    /// <summary>What changed of one; null: nothing.</summary>
    public WatchEvent? CompareOne(string name, Resource? now, ResourceKind kind)
    {
        if (now is null)
        {
            return _sent.ContainsKey(name) ? Delete(name) : null;
        }

        var next = new Sent(kind, ResourceMessages.Metadata(now).Uid, Hash(now));
        var known = _sent.TryGetValue(name, out var before);
        if (known && before!.Hash.AsSpan().SequenceEqual(next.Hash))
        {
            return null;
        }

        _sent[name] = next;
        return new WatchEvent { Type = known && before!.Uid == next.Uid ? "MODIFIED" : "ADDED", Resource = now };
    }

    private WatchEvent Delete(string name)
    {
        _sent.Remove(name, out var last);
        var resource = ResourceMessages.Create(last!.Kind);
        ResourceMessages.Metadata(resource).Name = name;
        ResourceMessages.Metadata(resource).Uid = last.Uid;
        return new WatchEvent { Type = "DELETED", Resource = resource };
    }

    // Maps have an order of their own in each message: the JSON form sorts nothing either, but labels come from the same
    // row in the same order, and a false "changed" costs one event.
    private static byte[] Hash(Resource resource) => SHA256.HashData(resource.ToByteArray());

    private sealed record Sent(ResourceKind Kind, string Uid, byte[] Hash);
}

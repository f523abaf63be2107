using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Core.Sessions;

/// <summary>Splits a desired state into messages of at most the wire's size.</summary>
public static class DesiredParts
{
    /// <summary>Room for the fields around the lists, and for Welcome-sized neighbours in one frame.</summary>
    public const int DefaultBytes = 900 * 1024;

    /// <summary>The whole desired state.</summary>
    public static IReadOnlyList<HubMessage> Index(
        ChainPoint head, IEnumerable<Target> targets, IEnumerable<Tombstone> tombstones, int maxBytes = DefaultBytes)
    {
        ArgumentNullException.ThrowIfNull(head);
        return Split(targets, tombstones, maxBytes, (upserts, removed, more) =>
        {
            var index = new DesiredIndex { Generation = head.Generation, Chain = ByteString.CopyFrom(head.Chain), More = more };
            index.Targets.Add(upserts);
            index.Tombstones.Add(removed);
            return new HubMessage { DesiredIndex = index };
        });
    }

    /// <summary>The changes from one point to another.</summary>
    public static IReadOnlyList<HubMessage> Delta(
        ChainPoint from, ChainPoint head, IEnumerable<Target> upserts, IEnumerable<Tombstone> tombstones, int maxBytes = DefaultBytes)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(head);
        return Split(upserts, tombstones, maxBytes, (changed, removed, more) =>
        {
            var delta = new DesiredDelta
            {
                BaseGeneration = from.Generation,
                BaseChain = ByteString.CopyFrom(from.Chain),
                Generation = head.Generation,
                Chain = ByteString.CopyFrom(head.Chain),
                More = more,
            };
            delta.Upserts.Add(changed);
            delta.Tombstones.Add(removed);
            return new HubMessage { DesiredDelta = delta };
        });
    }

    /// <summary>Specs, as many messages as they need; one spec never exceeds a message (applying refuses larger ones).</summary>
    public static IReadOnlyList<HubMessage> Specs(IEnumerable<(string Digest, byte[] Content)> specs, int maxBytes = DefaultBytes)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var messages = new List<HubMessage>();
        var part = new Specs();
        var bytes = 0;
        foreach (var (digest, content) in specs)
        {
            if (part.Specs_.Count > 0 && bytes + content.Length > maxBytes)
            {
                messages.Add(new HubMessage { Specs = part });
                part = new Specs();
                bytes = 0;
            }

            part.Specs_.Add(new Specs.Types.Spec { Digest = digest, Content = ByteString.CopyFrom(content) });
            bytes += content.Length + digest.Length + 16;
        }

        if (part.Specs_.Count > 0)
        {
            messages.Add(new HubMessage { Specs = part });
        }

        return messages;
    }

    private static List<HubMessage> Split(
        IEnumerable<Target> targets, IEnumerable<Tombstone> tombstones, int maxBytes,
        Func<List<Target>, List<Tombstone>, bool, HubMessage> build)
    {
        var pages = new List<(List<Target> Targets, List<Tombstone> Tombstones)> { ([], []) };
        var bytes = 0;

        void Reserve(int size)
        {
            if (bytes > 0 && bytes + size > maxBytes)
            {
                pages.Add(([], []));
                bytes = 0;
            }

            bytes += size;
        }

        foreach (var target in targets)
        {
            Reserve(target.CalculateSize() + 6);
            pages[^1].Targets.Add(target);
        }

        foreach (var tombstone in tombstones)
        {
            Reserve(tombstone.CalculateSize() + 6);
            pages[^1].Tombstones.Add(tombstone);
        }

        return [.. pages.Select((page, at) => build(page.Targets, page.Tombstones, at < pages.Count - 1))];
    }
}

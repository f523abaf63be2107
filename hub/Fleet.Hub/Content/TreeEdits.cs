using System.Text;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Content;

/// <summary>Says a tree as the difference from an earlier form of it.</summary>
internal static class TreeEdits
{
    /// <summary>The edit that makes one tree from another.</summary>
    /// <param name="from">Bytes of a tree object that the agent has.</param>
    /// <param name="to">Bytes of the tree object that it wants.</param>
    /// <param name="oidBytes">20 (SHA-1) or 32 (SHA-256).</param>
    public static TreeEdit Between(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int oidBytes)
    {
        var before = Parse(from, oidBytes).ToDictionary(entry => entry.Name);
        var edit = new TreeEdit();
        foreach (var entry in Parse(to, oidBytes))
        {
            if (!before.Remove(entry.Name, out var old) || !old.Equals(entry))
            {
                edit.Put.Add(entry);
            }
        }

        edit.Removed.Add(before.Keys);
        return edit;
    }

    /// <summary>The entries of a tree object: "MODE NAME\0OID", one after the other.</summary>
    /// <exception cref="FormatException">It is not a tree.</exception>
    public static List<TreeEntry> Parse(ReadOnlySpan<byte> tree, int oidBytes)
    {
        var entries = new List<TreeEntry>();
        while (!tree.IsEmpty)
        {
            var space = tree.IndexOf((byte)' ');
            var end = tree.IndexOf((byte)0);
            if (space < 0 || end < space || tree.Length < end + 1 + oidBytes)
            {
                throw new FormatException("A tree object ends in the middle of an entry.");
            }

            entries.Add(new TreeEntry
            {
                Mode = Encoding.ASCII.GetString(tree[..space]),
                Name = ByteString.CopyFrom(tree[(space + 1)..end]),
                Oid = ByteString.CopyFrom(tree.Slice(end + 1, oidBytes)),
            });
            tree = tree[(end + 1 + oidBytes)..];
        }

        return entries;
    }
}

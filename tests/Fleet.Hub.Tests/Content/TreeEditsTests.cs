using System.Text;
using Fleet.Hub.Content;

namespace Fleet.Hub.Tests.Content;

public class TreeEditsTests
{
    private static byte[] Tree(params (string Mode, string Name, byte Oid)[] entries) =>
        [.. entries.SelectMany(entry => Encoding.ASCII.GetBytes($"{entry.Mode} {entry.Name}\0").Concat(Enumerable.Repeat(entry.Oid, 20)))];

    [Fact]
    public void Between_AddedChangedRemoved_NamesJustThose()
    {
        var edit = TreeEdits.Between(
            Tree(("100644", "a", 1), ("100644", "b", 2), ("40000", "c", 3)),
            Tree(("100644", "a", 1), ("100755", "b", 2), ("100644", "d", 4)),
            oidBytes: 20);

        Assert.Equal(["b", "d"], edit.Put.Select(entry => entry.Name.ToStringUtf8()));
        Assert.Equal("100755", edit.Put[0].Mode);
        Assert.Equal(["c"], edit.Removed.Select(name => name.ToStringUtf8()));
    }

    [Fact]
    public void Parse_CutShort_IsRefused()
    {
        var tree = Tree(("100644", "a", 1));
        Assert.Throws<FormatException>(() => TreeEdits.Parse(tree.AsSpan()[..^1], 20));
    }
}

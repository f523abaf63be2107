using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>
/// A set of field paths, as managedFields keep them (FieldsV1). A path may be a member and also have members beneath.
/// Operations give new sets; a set is changed only by Insert, while it is built.
/// </summary>
public sealed class FieldSet
{
    private readonly List<Node> _nodes = [];

    /// <summary>One step: whether the path up to here is a member, and what is beneath.</summary>
    internal readonly record struct Node(PathElement Element, bool Member, FieldSet? Children);

    internal IReadOnlyList<Node> Nodes => _nodes;

    public bool IsEmpty => _nodes.Count == 0;

    public static FieldSet Of(params ReadOnlySpan<FieldPath> paths)
    {
        var set = new FieldSet();
        foreach (var path in paths)
        {
            set.Insert(path.Elements);
        }

        return set;
    }

    /// <summary>Adds a path; the empty path (the whole object) is never tracked.</summary>
    public void Insert(IReadOnlyList<PathElement> path)
    {
        var set = this;
        for (var i = 0; i < path.Count; i++)
        {
            set = i == path.Count - 1 ? set.Add(path[i], true, false) : set.Add(path[i], false, true);
        }
    }

    /// <summary>Adds one step, with all that is beneath it; empty children are left out.</summary>
    internal void Put(PathElement element, bool member, FieldSet? children)
    {
        if (children is { IsEmpty: true })
        {
            children = null;
        }

        if (!member && children is null)
        {
            return;
        }

        var index = Find(element);
        if (index < 0)
        {
            _nodes.Insert(~index, new Node(element, member, children));
            return;
        }

        var old = _nodes[index];
        var both = old.Children is null ? children : children is null ? old.Children : old.Children.Union(children);
        _nodes[index] = new Node(element, old.Member || member, both);
    }

    public bool Has(FieldPath path)
    {
        var set = this;
        for (var i = 0; i < path.Elements.Count; i++)
        {
            var index = set.Find(path.Elements[i]);
            if (index < 0)
            {
                return false;
            }

            if (i == path.Elements.Count - 1)
            {
                return set._nodes[index].Member;
            }

            if (set._nodes[index].Children is not { } below)
            {
                return false;
            }

            set = below;
        }

        return false;
    }

    /// <summary>Whether this one step is a member.</summary>
    internal bool HasElement(PathElement element)
    {
        var index = Find(element);
        return index >= 0 && _nodes[index].Member;
    }

    /// <summary>What is beneath a step; null when nothing is.</summary>
    internal FieldSet? Beneath(PathElement element)
    {
        var index = Find(element);
        return index >= 0 ? _nodes[index].Children : null;
    }

    public FieldSet Union(FieldSet other)
    {
        if (other.IsEmpty)
        {
            return this;
        }

        var union = new FieldSet();
        union._nodes.AddRange(_nodes);
        foreach (var node in other._nodes)
        {
            union.Put(node.Element, node.Member, node.Children);
        }

        return union;
    }

    public FieldSet Intersection(FieldSet other)
    {
        var common = new FieldSet();
        foreach (var node in _nodes)
        {
            var index = other.Find(node.Element);
            if (index >= 0)
            {
                var twin = other._nodes[index];
                var children = node.Children is null || twin.Children is null ? null : node.Children.Intersection(twin.Children);
                common.Put(node.Element, node.Member && twin.Member, children);
            }
        }

        return common;
    }

    /// <summary>The members of this set that are no members of the other, path by path.</summary>
    public FieldSet Difference(FieldSet other) => Minus(other, recursive: false);

    /// <summary>Like Difference, but a member of the other set takes all that is beneath it with it.</summary>
    public FieldSet RecursiveDifference(FieldSet other) => Minus(other, recursive: true);

    public bool SetEquals(FieldSet other)
    {
        if (_nodes.Count != other._nodes.Count)
        {
            return false;
        }

        for (var i = 0; i < _nodes.Count; i++)
        {
            var (a, b) = (_nodes[i], other._nodes[i]);
            if (!a.Element.Equals(b.Element) || a.Member != b.Member || a.Children is null != b.Children is null
                || (a.Children is not null && !a.Children.SetEquals(b.Children!)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>All members, in order.</summary>
    public IEnumerable<FieldPath> Paths() => Paths([]);

    /// <summary>
    /// This set with every struct field on the way to a member made a member too: removing all content of a struct
    /// then removes the struct.
    /// </summary>
    internal FieldSet WithNamedFields(TypeSchema? type)
    {
        var set = new FieldSet();
        foreach (var node in _nodes)
        {
            var isField = node.Element.Kind == PathElementKind.Field && type is { AllowsMap: true };
            var below = isField ? type!.Under(node.Element.Text)
                : node.Element.Kind == PathElementKind.Key && type is { AllowsList: true } ? type.ListElement
                : null;
            var named = node.Children is not null && isField && type!.Field(node.Element.Text) is not null;
            set._nodes.Add(new Node(node.Element, node.Member || named, node.Children?.WithNamedFields(below)));
        }

        return set;
    }

    /// <summary>Reads FieldsV1; null when it is malformed. Unknown kinds of steps are left out.</summary>
    public static FieldSet? Parse(JsonNode? fields)
    {
        if (fields is not JsonObject map)
        {
            return fields is null ? new FieldSet() : null;
        }

        return Read(map, out _);
    }

    /// <summary>Writes FieldsV1.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var node in _nodes)
        {
            var child = node.Children?.ToJson() ?? [];
            if (node is { Member: true, Children: not null })
            {
                child.Insert(0, ".", new JsonObject());
            }

            json.Add(node.Element.Serialized(), child);
        }

        return json;
    }

    private static FieldSet? Read(JsonObject map, out bool isMember)
    {
        var set = new FieldSet();
        isMember = false;
        foreach (var (name, value) in map)
        {
            if (name == ".")
            {
                isMember = true;
                continue;
            }

            if (!PathElement.TryParse(name, out var element) || value is not JsonObject below)
            {
                return null;
            }

            if (Read(below, out var childIsMember) is not { } children)
            {
                return null;
            }

            if (element is not null)
            {
                set.Put(element, childIsMember, children);
            }
        }

        isMember |= set.IsEmpty;
        return set;
    }

    private FieldSet Minus(FieldSet other, bool recursive)
    {
        if (other.IsEmpty)
        {
            return this;
        }

        var rest = new FieldSet();
        foreach (var node in _nodes)
        {
            var index = other.Find(node.Element);
            if (index < 0)
            {
                rest._nodes.Add(node);
                continue;
            }

            var twin = other._nodes[index];
            if (recursive && twin.Member)
            {
                continue;
            }

            var children = node.Children is null || twin.Children is null ? node.Children : node.Children.Minus(twin.Children, recursive);
            rest.Put(node.Element, node.Member && !twin.Member, children);
        }

        return rest;
    }

    private IEnumerable<FieldPath> Paths(IReadOnlyList<PathElement> prefix)
    {
        // Members come before what is beneath members, as the server lists conflicts.
        foreach (var node in _nodes.Where(n => n.Member))
        {
            yield return new FieldPath([.. prefix, node.Element]);
        }

        foreach (var node in _nodes)
        {
            if (node.Children is { } children)
            {
                foreach (var path in children.Paths([.. prefix, node.Element]))
                {
                    yield return path;
                }
            }
        }
    }

    private FieldSet Add(PathElement element, bool member, bool descend)
    {
        var index = Find(element);
        if (index < 0)
        {
            var children = descend ? new FieldSet() : null;
            _nodes.Insert(~index, new Node(element, member, children));
            return children ?? this;
        }

        var old = _nodes[index];
        if (descend && old.Children is null)
        {
            old = old with { Children = new FieldSet() };
        }

        _nodes[index] = old with { Member = old.Member || member };
        return descend ? old.Children! : this;
    }

    private int Find(PathElement element)
    {
        var (low, high) = (0, _nodes.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = _nodes[middle].Element.CompareTo(element);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}

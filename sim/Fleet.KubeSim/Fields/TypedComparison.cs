using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Which fields two versions of an object differ in.</summary>
internal sealed class TypedComparison
{
    private readonly List<PathElement> _path = [];

    public FieldSet Removed { get; private set; } = new();

    public FieldSet Modified { get; private set; } = new();

    public FieldSet Added { get; private set; } = new();

    public static TypedComparison Of(TypeSchema type, JsonNode? before, JsonNode? after, FieldSet? ignored)
    {
        var comparison = new TypedComparison();
        comparison.Walk(type, Slot.Of(before), Slot.Of(after));
        if (ignored is { IsEmpty: false })
        {
            comparison.Removed = comparison.Removed.RecursiveDifference(ignored);
            comparison.Modified = comparison.Modified.RecursiveDifference(ignored);
            comparison.Added = comparison.Added.RecursiveDifference(ignored);
        }

        return comparison;
    }

    private void Walk(TypeSchema type, Slot before, Slot after)
    {
        var (left, right) = (TypedWalk.FormOf(type, before), TypedWalk.FormOf(type, after));
        bool leaf;
        if (!after.Present)
        {
            leaf = Handle(type, left, before, after);
        }
        else if (!before.Present || left == right)
        {
            leaf = Handle(type, right, before, after);
        }
        else
        {
            Handle(type, left, before, after);
            leaf = Handle(type, right, before, after);
        }

        if (leaf)
        {
            return;
        }

        if (!before.Present)
        {
            Added.Insert(_path);
        }
        else if (!after.Present)
        {
            Removed.Insert(_path);
        }
    }

    /// <summary>Compares in one form; true when the value was compared as a whole.</summary>
    private bool Handle(TypeSchema type, Form form, Slot before, Slot after)
    {
        switch (form == Form.Open ? TypedWalk.First(type) : form)
        {
            case Form.Map:
                var (leftMap, rightMap) = (before.Node as JsonObject, after.Node as JsonObject);
                if (type.AtomicMap || ((leftMap is null || leftMap.Count == 0) && (rightMap is null || rightMap.Count == 0)))
                {
                    Leaf(before, after);
                    return true;
                }

                Map(type, leftMap, rightMap);
                return false;
            case Form.List:
                var (leftList, rightList) = (before.Node as JsonArray, after.Node as JsonArray);
                if (type.ListRule == ListRule.Atomic || ((leftList is null || leftList.Count == 0) && (rightList is null || rightList.Count == 0)))
                {
                    Leaf(before, after);
                    return true;
                }

                List(type, leftList, rightList);
                return false;
            default:
                Leaf(before, after);
                return true;
        }
    }

    private void Leaf(Slot before, Slot after)
    {
        if (!before.Present)
        {
            Added.Insert(_path);
        }
        else if (!after.Present)
        {
            Removed.Insert(_path);
        }
        else if (!Json.Equal(before.Node, after.Node))
        {
            Modified.Insert(_path);
        }
    }

    private void Map(TypeSchema type, JsonObject? before, JsonObject? after)
    {
        if (before is not null)
        {
            foreach (var (name, node) in before)
            {
                Child(type, name, Slot.Of(node), Slot.Under(after, name));
            }
        }

        if (after is not null)
        {
            foreach (var (name, node) in after)
            {
                if (before is null || !before.ContainsKey(name))
                {
                    Child(type, name, Slot.Absent, Slot.Of(node));
                }
            }
        }
    }

    private void Child(TypeSchema type, string name, Slot before, Slot after)
    {
        if (type.Under(name) is { } below)
        {
            Down(PathElement.OfField(name), below, before, after);
        }
    }

    private void Down(PathElement step, TypeSchema type, Slot before, Slot after)
    {
        _path.Add(step);
        Walk(type, before, after);
        _path.RemoveAt(_path.Count - 1);
    }

    private void List(TypeSchema type, JsonArray? before, JsonArray? after)
    {
        var steps = new List<PathElement>();
        var left = Index(type, before, steps);
        var right = Index(type, after, steps);
        foreach (var step in steps)
        {
            var (old, fresh) = (left.GetValueOrDefault(step), right.GetValueOrDefault(step));
            switch (old?.Count ?? 0, fresh?.Count ?? 0)
            {
                case ( <= 1, <= 1):
                    Down(step, type.ListElement!, old is null ? Slot.Absent : Slot.Of(old[0]), fresh is null ? Slot.Absent : Slot.Of(fresh[0]));
                    break;
                case ( >= 2, >= 2):
                    if (!old!.SequenceEqual(fresh!, NodeEquality.Instance))
                    {
                        Modified.Insert([.. _path, step]);
                    }

                    break;
                case ( >= 2, _):
                    if (fresh is not null)
                    {
                        Down(step, type.ListElement!, Slot.Absent, Slot.Of(fresh[0]));
                    }

                    Removed.Insert([.. _path, step]);
                    break;
                default:
                    if (old is not null)
                    {
                        Down(step, type.ListElement!, Slot.Of(old[0]), Slot.Absent);
                    }

                    Added.Insert([.. _path, step]);
                    break;
            }
        }
    }

    private static Dictionary<PathElement, List<JsonNode?>> Index(TypeSchema type, JsonArray? list, List<PathElement> steps)
    {
        var index = new Dictionary<PathElement, List<JsonNode?>>();
        foreach (var item in list ?? [])
        {
            if (TypedWalk.StepTo(type, item, out _) is not { } step)
            {
                continue;
            }

            if (!index.TryGetValue(step, out var items))
            {
                index.Add(step, items = []);
                if (!steps.Contains(step))
                {
                    steps.Add(step);
                }
            }

            items.Add(item);
        }

        return index;
    }

    private sealed class NodeEquality : IEqualityComparer<JsonNode?>
    {
        public static readonly NodeEquality Instance = new();

        public bool Equals(JsonNode? x, JsonNode? y) => Json.Equal(x, y);

        public int GetHashCode(JsonNode? obj) => 0;
    }
}

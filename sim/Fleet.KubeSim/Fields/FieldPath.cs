namespace Fleet.KubeSim.Fields;

/// <summary>The way from an object's root to one of its fields.</summary>
public sealed class FieldPath(IReadOnlyList<PathElement> elements)
{
    public IReadOnlyList<PathElement> Elements { get; } = elements;

    /// <summary>A path of plain field names.</summary>
    public static FieldPath Of(params ReadOnlySpan<string> names)
    {
        var elements = new PathElement[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            elements[i] = PathElement.OfField(names[i]);
        }

        return new FieldPath(elements);
    }

    /// <summary>Such as .spec.template.spec.containers[name="c"].image.</summary>
    public override string ToString() => string.Concat(Elements);
}

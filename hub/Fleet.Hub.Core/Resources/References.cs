using Fleet.V1;

namespace Fleet.Hub.Core.Resources;

/// <summary>A key of a resource that names another one.</summary>
/// <param name="Key">Where it stands.</param>
/// <param name="Kind">The kind it names, or null for a stored credential.</param>
/// <param name="Name">The name.</param>
public sealed record Reference(string Key, ResourceKind? Kind, string Name);

/// <summary>What resources refer to.</summary>
public static class References
{
    /// <summary>
    /// All references that must resolve when the resource is applied. The clusters that a ClusterGroup names are none:
    /// they may enroll later.
    /// </summary>
    public static IEnumerable<Reference> Of(Resource resource)
    {
        if (resource.KindCase == Resource.KindOneofCase.GitSource && resource.GitSource.Spec?.Credential is { Length: > 0 } credential)
        {
            yield return new Reference("spec.credential", null, credential);
        }

        if (resource.KindCase != Resource.KindOneofCase.Assignment || resource.Assignment.Spec is not { } spec)
        {
            yield break;
        }

        if (spec.Source.Length > 0)
        {
            yield return new Reference("spec.source", ResourceKind.GitSource, spec.Source);
        }

        for (var i = 0; i < spec.Groups.Count; i++)
        {
            yield return new Reference(KeyPaths.Item("spec.groups", i), ResourceKind.ClusterGroup, spec.Groups[i]);
        }
    }

    /// <summary>What to tell about a reference to nothing.</summary>
    public static string Missing(Reference reference, IEnumerable<string> known)
    {
        if (reference.Kind is null)
        {
            return $"There is no credential {Quoting.Quote(reference.Name)}: store it first with fleetctl credential set {Quoting.Shorten(reference.Name, 63)}.{Closest.Hint(reference.Name, known)}";
        }

        return $"There is no {reference.Kind} {Quoting.Quote(reference.Name)}: apply it first, or in the same call.{Closest.Hint(reference.Name, known)}";
    }
}

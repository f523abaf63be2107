using Fleet.Hub.Core.Resources;

namespace Fleet.Hub.Api.Views;

/// <summary>The views of all kinds.</summary>
internal sealed class ResourceViews(IEnumerable<IResourceView> views)
{
    private readonly Dictionary<ResourceKind, IResourceView> _views = views.ToDictionary(v => v.Kind);

    public IResourceView Of(ResourceKind kind) => _views[kind];

    /// <summary>The view of a kind by any of its names; INVALID_ARGUMENT when there is none.</summary>
    public IResourceView Of(string kind) => ResourceKinds.TryParse(kind, out var parsed) ? _views[parsed] : throw Refusals.Invalid(ResourceKinds.Unknown(kind));
}

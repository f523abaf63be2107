using System.Collections.Immutable;

namespace Fleet.KubeSim.Resources;

/// <summary>The kinds that one cluster serves at the moment: the built-in ones and those of its CustomResourceDefinitions.</summary>
internal sealed class ResourceRegistry
{
    /// <summary>The order in which a real server lists its groups in /apis.</summary>
    private static readonly string[] GroupOrder =
    [
        "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
        "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io",
        "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io", "flowcontrol.apiserver.k8s.io",
    ];

    private static readonly Snapshot BuiltIn = new([]);
    private volatile Snapshot _current = BuiltIn;

    public Snapshot Current => _current;

    public ApiResource? Find(string group, string version, string plural) => _current.Find(group, version, plural);

    public ApiResource? FindByKind(string group, string version, string kind) =>
        _current.All.FirstOrDefault(r => r.Kind == kind && r.Group == group && r.Version == version && !r.IsVirtual);

    /// <summary>The version in which a stored resource is kept.</summary>
    public ApiResource? FindStored(ResourceKey key) => _current.FindStored(key);

    public void SetCustom(IReadOnlyList<ApiResource> custom) => _current = custom.Count == 0 ? BuiltIn : new Snapshot(custom);

    /// <summary>One consistent state of the registry.</summary>
    internal sealed class Snapshot
    {
        private readonly Dictionary<(string Group, string Version, string Plural), ApiResource> _byPath;
        private readonly Dictionary<ResourceKey, ApiResource> _stored;

        public Snapshot(IReadOnlyList<ApiResource> custom)
        {
            All = [.. BuiltInResources.All, .. custom];
            _byPath = All.ToDictionary(r => (r.Group, r.Version, r.Plural));
            _stored = All.GroupBy(r => r.Key).ToDictionary(g => g.Key, g => g.FirstOrDefault(r => r.Version == r.StorageVersion) ?? g.First());
            Groups = [.. All.Where(r => r.Group.Length > 0).Select(r => r.Group).Distinct().OrderBy(Rank).ThenBy(g => g, StringComparer.Ordinal)];
            BuiltInGroups = [.. BuiltInResources.All.Select(r => r.Group)];
        }

        public IReadOnlyList<ApiResource> All { get; }

        /// <summary>Every group but the core one, in the order of discovery.</summary>
        public IReadOnlyList<string> Groups { get; }

        public ImmutableHashSet<string> BuiltInGroups { get; }

        public ApiResource? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

        public ApiResource? FindStored(ResourceKey key) => _stored.GetValueOrDefault(key);

        /// <summary>Versions of a group, preferred first.</summary>
        public IReadOnlyList<string> VersionsOf(string group)
        {
            var versions = All.Where(r => r.Group == group).Select(r => r.Version).Distinct();
            return [.. versions.OrderByDescending(v => v, VersionPriority.Comparer)];
        }

        public IReadOnlyList<ApiResource> In(string group, string version) =>
            [.. All.Where(r => r.Group == group && r.Version == version).OrderBy(r => r.Plural, StringComparer.Ordinal)];

        private static int Rank(string group)
        {
            var index = Array.IndexOf(GroupOrder, group);
            return index < 0 ? int.MaxValue : index;
        }
    }
}

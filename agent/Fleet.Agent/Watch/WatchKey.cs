using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Watch;

/// <summary>What one watch is about: one identity, one version of a kind, one namespace (empty: all of them, or a cluster-scoped kind).</summary>
internal readonly record struct WatchKey(string User, GroupVersionKind Kind, string Namespace);

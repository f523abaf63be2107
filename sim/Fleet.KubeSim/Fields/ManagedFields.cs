using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>One write, as far as field ownership goes.</summary>
/// <param name="Schema">The type of the object in the request's version.</param>
/// <param name="Manager">fieldManager, or what FromUserAgent makes of the User-Agent; empty counts as unknown.</param>
/// <param name="ApiVersion">The request's version, such as apps/v1.</param>
/// <param name="Subresource">status, scale, …; null or empty for the object itself.</param>
/// <param name="Now">The time to put on entries that change.</param>
public sealed record FieldWrite(TypeSchema Schema, string Manager, string ApiVersion, string? Subresource, DateTimeOffset Now)
{
    /// <summary>Fields that this write resets and so never owns, such as status in a write of the object itself.</summary>
    public FieldSet? Reset { get; init; }

    /// <summary>The types of the kind's other versions by apiVersion; a version it does not know is obsolete.</summary>
    public Func<string, TypeSchema?>? SchemaOf { get; init; }

    /// <summary>Completes a merged object as decoding and defaulting would; null leaves it as it is.</summary>
    public Func<JsonObject, DecodeReport, JsonObject>? Complete { get; init; }

    /// <summary>The empty object of the kind (Go's zero value): what a create starts from.</summary>
    public JsonObject? Zero { get; init; }
}

/// <summary>Tracks which manager owns which fields, as the real API server's field manager does.</summary>
public static class ManagedFields
{
    private const int MaxUpdaters = 10;

    /// <summary>Fields that are never owned.</summary>
    private static readonly FieldSet Unowned = FieldSet.Of(
        FieldPath.Of("apiVersion"),
        FieldPath.Of("kind"),
        FieldPath.Of("metadata"),
        FieldPath.Of("metadata", "name"),
        FieldPath.Of("metadata", "namespace"),
        FieldPath.Of("metadata", "creationTimestamp"),
        FieldPath.Of("metadata", "selfLink"),
        FieldPath.Of("metadata", "uid"),
        FieldPath.Of("metadata", "clusterName"),
        FieldPath.Of("metadata", "generation"),
        FieldPath.Of("metadata", "managedFields"),
        FieldPath.Of("metadata", "resourceVersion"));

    /// <summary>The manager that a User-Agent stands for: what is before its first slash, printable, at most 128 characters.</summary>
    public static string FromUserAgent(string? userAgent)
    {
        var name = (userAgent ?? "").Split('/', 2)[0];
        var clean = string.Concat(name.Where(c => !char.IsControl(c)));
        return clean.Length > 128 ? clean[..128] : clean;
    }

    /// <summary>
    /// Server-side apply: merges the applied configuration into the live object (null when there is none).
    /// Neither argument is changed.
    /// </summary>
    public static ApplyResult Apply(FieldWrite write, JsonObject? live, JsonObject applied, bool force)
    {
        if (applied.Text("apiVersion") is not { Length: > 0 } version || version != write.ApiVersion
            || (write.Zero?.Text("kind") is { Length: > 0 } kindName && applied.Text("kind") != kindName))
        {
            return ApplyResult.Failed(400, $"invalid object type: {GroupVersionKind(applied)}");
        }

        var creating = live is null;
        var current = (JsonObject)(live ?? write.Zero ?? new JsonObject { ["apiVersion"] = write.ApiVersion, ["kind"] = applied.Text("kind") }).DeepClone();
        if (ManagedEntries.Decode(current.Map("metadata").List("managedFields")) is not { } managed)
        {
            return ApplyResult.Failed(500, "failed to decode managed fields");
        }

        current.Map("metadata")?.Remove("managedFields");
        var ownership = new Ownership(write.Schema, write.ApiVersion, write.Reset, write.SchemaOf);
        if (managed.Owners.Count == 0 && !creating)
        {
            // Objects that were never tracked: one entry owns all that was there.
            Track(write with { Manager = "before-first-apply" }, ownership, ZeroOf(write, current), current, managed);
        }

        if (applied.Map("metadata") is { } metadata && metadata.TryGetPropertyValue("managedFields", out var sent) && sent is JsonArray list && list.All(e => e is JsonObject))
        {
            return ApplyResult.Failed(400, "metadata.managedFields must be nil");
        }

        if (TypedValidation.Check(write.Schema, applied, allowDuplicates: false) is { } error)
        {
            return ApplyResult.Failed(500, $"failed to create typed patch object ({NameOf(applied)}; {GroupVersionKind(applied)}): {error}");
        }

        ownership.Reconcile(managed);
        var self = ManagerKey.Applier(ManagerOf(write), write.Subresource ?? "");
        var last = managed.Owners.TryGetValue(self, out var owned) ? owned : (OwnedFields?)null;
        var set = TypedFields.Of(write.Schema, applied);
        if (write.Reset is { } reset)
        {
            set = set.RecursiveDifference(reset);
        }

        var merged = TypedMerge.Of(write.Schema, current, applied);
        managed.Owners[self] = new OwnedFields(set, write.ApiVersion, last?.Time);
        if (last is { } before)
        {
            merged = ownership.Prune(merged, managed, before);
        }

        var (_, conflicts) = ownership.Take(managed, current, merged, self, force);
        if (conflicts.Count > 0)
        {
            var rest = write.Manager == LastApplied.Kubectl ? LastApplied.Unforgiven(write, current, conflicts) : conflicts;
            if (rest.Count > 0)
            {
                return Conflicting(rest);
            }

            ownership.Take(managed, current, merged, self, force: true);
        }

        Strip(managed, self);
        var changed = !Json.Equal(current, merged);
        var result = changed ? (JsonObject)merged! : current;
        if (changed)
        {
            if (managed.Owners.TryGetValue(self, out var now))
            {
                managed.Owners[self] = now with { Time = ManagedEntries.Stamp(write.Now) };
            }

            var report = new DecodeReport();
            result = write.Complete?.Invoke(result, report) ?? result;
            if (report.TypeError is { } mistyped)
            {
                var kind = GroupVersionKind(applied);
                return ApplyResult.Failed(500, $"failed to convert new object ({NameOf(applied)}; {kind}) to proper version: unable to convert unstructured object to {kind}: error decoding from json: {mistyped}");
            }
        }

        if (write.Manager == LastApplied.Kubectl)
        {
            LastApplied.Follow(result, applied);
        }

        managed.Encode(result);
        return new ApplyResult { Object = result };
    }

    /// <summary>
    /// Tracks a POST, PUT or PATCH. The updated object, complete with defaults, is changed in place: its managedFields
    /// are set from its own (an explicit empty list forgets all), else the live object's. Live is null for a create.
    /// </summary>
    public static JsonObject Update(FieldWrite write, JsonObject? live, JsonObject updated)
    {
        var creating = live is null;
        var sent = updated.Map("metadata")?["managedFields"];
        ManagedEntries managed;
        if (!string.IsNullOrEmpty(write.Subresource))
        {
            managed = ManagedEntries.Decode(live.Map("metadata").List("managedFields")) ?? new ManagedEntries();
        }
        else if (ManagedEntries.IsReset(sent))
        {
            managed = new ManagedEntries();
        }
        else
        {
            var own = ManagedEntries.Decode(sent as JsonArray);
            managed = own is { Owners.Count: > 0 } ? own : ManagedEntries.Decode(live.Map("metadata").List("managedFields")) ?? new ManagedEntries();
        }

        updated.Map("metadata")?.Remove("managedFields");
        if (managed.Owners.Count > 0 || creating)
        {
            var before = (JsonObject?)live?.DeepClone() ?? ZeroOf(write, updated);
            before.Map("metadata")?.Remove("managedFields");
            Track(write, new Ownership(write.Schema, write.ApiVersion, write.Reset, write.SchemaOf), before, updated, managed);
            Cap(managed);
        }

        managed.Encode(updated);
        return updated;
    }

    /// <summary>
    /// When nothing but times of managedFields differs, gives the old times back, so that a write which changes nothing stores nothing.
    /// </summary>
    public static void KeepTimesIfUnchanged(JsonObject live, JsonObject updated)
    {
        if (live.Map("metadata").List("managedFields") is not { } before || updated.Map("metadata").List("managedFields") is not { } after
            || before.Count != after.Count)
        {
            return;
        }

        foreach (var (name, node) in updated)
        {
            if (name != "metadata" && (!live.TryGetPropertyValue(name, out var old) || !Json.Equal(old, node)))
            {
                return;
            }
        }

        var (oldMetadata, metadata) = (live.Map("metadata")!, updated.Map("metadata")!);
        if (live.Count != updated.Count || oldMetadata.Count != metadata.Count)
        {
            return;
        }

        foreach (var (name, node) in metadata)
        {
            if (name != "managedFields" && (!oldMetadata.TryGetPropertyValue(name, out var old) || !Json.Equal(old, node)))
            {
                return;
            }
        }

        // The order may have changed with the times, so entries are matched by owner.
        if (ManagedEntries.Decode(before) is { } left && ManagedEntries.Decode(after) is { } right
            && left.Owners.Count == right.Owners.Count
            && right.Owners.All(o => left.Owners.TryGetValue(o.Key, out var old) && old.ApiVersion == o.Value.ApiVersion && old.Set.SetEquals(o.Value.Set)))
        {
            metadata["managedFields"] = before.DeepClone();
        }
    }

    private static string ManagerOf(FieldWrite write) => write.Manager.Length == 0 ? "unknown" : write.Manager;

    private static JsonObject ZeroOf(FieldWrite write, JsonObject like) =>
        write.Zero ?? new JsonObject { ["apiVersion"] = like["apiVersion"]?.DeepClone(), ["kind"] = like["kind"]?.DeepClone() };

    private static void Track(FieldWrite write, Ownership ownership, JsonObject before, JsonObject after, ManagedEntries managed)
    {
        ownership.Reconcile(managed);
        var (comparison, _) = ownership.Take(managed, before, after, self: null, force: true);
        var set = comparison.Modified.Union(comparison.Added).Difference(Unowned);
        if (write.Reset is { } reset)
        {
            set = set.RecursiveDifference(reset);
        }

        if (set.IsEmpty)
        {
            return;
        }

        var key = ManagerKey.Updater(ManagerOf(write), write.ApiVersion, write.Subresource ?? "");
        if (managed.Owners.TryGetValue(key, out var previous))
        {
            set = set.Union(previous.Set);
        }

        managed.Owners[key] = new OwnedFields(set, write.ApiVersion, ManagedEntries.Stamp(write.Now));
    }

    private static void Strip(ManagedEntries managed, ManagerKey key)
    {
        if (!managed.Owners.TryGetValue(key, out var owned))
        {
            return;
        }

        var rest = owned.Set.Difference(Unowned);
        if (rest.IsEmpty)
        {
            managed.Owners.Remove(key);
        }
        else
        {
            managed.Owners[key] = owned with { Set = rest };
        }
    }

    /// <summary>Beyond ten updaters the oldest are merged, per version, into ancient-changes.</summary>
    private static void Cap(ManagedEntries managed)
    {
        var updaters = managed.Owners.Where(o => !o.Key.Applied)
            .OrderBy(o => ManagedEntries.Seconds(o.Value.Time))
            .ThenBy(o => o.Key.SortText, StringComparer.Ordinal)
            .ToArray();
        var firsts = new Dictionary<string, ManagerKey>(StringComparer.Ordinal);
        var count = updaters.Length;
        for (var i = 0; i < updaters.Length && count > MaxUpdaters; i++)
        {
            var (key, owned) = updaters[i];
            if (!firsts.TryGetValue(owned.ApiVersion, out var first))
            {
                firsts.Add(owned.ApiVersion, key);
                continue;
            }

            var bucket = ManagerKey.Updater("ancient-changes", owned.ApiVersion, "");
            if (!managed.Owners.ContainsKey(bucket) && managed.Owners.Remove(first, out var oldest))
            {
                managed.Owners[bucket] = oldest;
            }

            managed.Owners[bucket] = new OwnedFields(owned.Set.Union(managed.Owners[bucket].Set), owned.ApiVersion, owned.Time);
            managed.Owners.Remove(key);
            count--;
        }
    }

    private static ApplyResult Conflicting(List<(ManagerKey Manager, FieldSet Fields)> conflicts)
    {
        var all = conflicts.OrderBy(c => c.Manager.SortText, StringComparer.Ordinal)
            .Select(c => (Name: c.Manager.ToString(), Paths: c.Fields.Paths().Select(p => p.ToString()).ToArray()))
            .ToArray();
        var causes = all.SelectMany(c => c.Paths.Select(p => new FieldConflict(c.Name, p))).ToArray();
        var message = causes.Length == 1
            ? $"Apply failed with 1 conflict: conflict with {causes[0].Manager}: {causes[0].Path}"
            : $"Apply failed with {causes.Length} conflicts: "
                + string.Join('\n', all.Select(c => $"conflicts with {c.Name}:\n" + string.Join('\n', c.Paths.Select(p => "- " + p))));
        return new ApplyResult { Status = 409, Message = message, Conflicts = causes };
    }

    private static string NameOf(JsonObject item) => $"{item.Map("metadata").Text("namespace")}/{item.Map("metadata").Text("name")}";

    private static string GroupVersionKind(JsonObject item)
    {
        var version = item.Text("apiVersion") ?? "";
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        return $"{(slash < 0 ? "" : version[..slash])}/{(slash < 0 ? version : version[(slash + 1)..])}, Kind={item.Text("kind")}";
    }
}

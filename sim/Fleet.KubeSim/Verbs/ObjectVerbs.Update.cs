using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

internal sealed partial class ObjectVerbs
{
    /// <summary>Changes an object until the change meets the version that it was computed from.</summary>
    /// <param name="resource">The kind, in the version of the request.</param>
    /// <param name="ns">Namespace, empty for cluster-wide kinds.</param>
    /// <param name="name">Name in the URL.</param>
    /// <param name="change">
    /// Gets the live object in the request's version, which it must not change, and returns the wanted one: decoded, defaulted and with
    /// managedFields, of nodes of its own. Returning the live object itself says that nothing is to be changed.
    /// </param>
    /// <param name="subresource">Empty, status, scale and so on: decides which fields the write can change.</param>
    /// <param name="options">The write's options.</param>
    /// <param name="replaces">Whether it is a PUT, for which a uid is a precondition and not an immutable field.</param>
    public WrittenObject Update(
        ApiResource resource, string ns, string name, Func<JsonObject, JsonObject> change, string subresource, WriteOptions options, bool replaces = false)
    {
        for (var tries = 0; tries < MaximumTries; tries++)
        {
            var stored = Get(resource, ns, name);
            var live = Read(resource, stored);
            var wanted = change(live);
            if (ReferenceEquals(wanted, live))
            {
                if (!stored.Terminating && !WritesAnyway(resource, stored))
                {
                    return WrittenObject.Of(resource, stored);
                }

                wanted = (JsonObject)live.DeepClone();
            }

            CheckPreconditions(resource, stored, wanted, replaces);
            if (TryReplace(resource, stored, live, wanted, subresource, options) is { } result)
            {
                return result;
            }
        }

        throw ApiException.Modified(resource.Key, name);
    }

    private static void CheckPreconditions(ApiResource resource, StoredObject stored, JsonObject wanted, bool replaces)
    {
        var metadata = Metadata(wanted);
        var uid = (string?)metadata["uid"] ?? "";
        if (replaces && uid.Length > 0 && uid != stored.Uid)
        {
            var group = resource.Group.Length > 0 ? resource.Group + "/" : "";
            var ns = stored.Namespace.Length > 0 ? stored.Namespace + "/" : "";
            throw ApiException.Conflict(
                resource.Key,
                stored.Name,
                $"StorageError: invalid object, Code: 4, Key: /registry/{group}{resource.Plural}/{ns}{stored.Name}, ResourceVersion: 0, "
                    + $"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
        }

        if (replaces && UpdateRules.DemandsVersion(resource) && (string?)metadata["resourceVersion"] is null or "" or "0")
        {
            // The server has no place for the resource in this refusal, and puts it where the kind belongs.
            throw ApiException.Invalid(
                resource.Group, resource.Plural, stored.Name, [FieldError.Invalid("metadata.resourceVersion", JsonValue.Create(0), "must be specified for an update")]);
        }

        CheckVersion(resource, stored, metadata);
    }

    private static void CheckVersion(ApiResource resource, StoredObject stored, JsonObject metadata)
    {
        var version = (string?)metadata["resourceVersion"] ?? "";
        if (version.Length == 0 || version == "0")
        {
            return;
        }

        if (!ulong.TryParse(version, out var number))
        {
            throw ApiException.Unforeseen($"strconv.ParseUint: parsing \"{version}\": invalid syntax");
        }

        if ((long)number != stored.ResourceVersion)
        {
            throw ApiException.Modified(resource.Key, stored.Name);
        }
    }

    /// <summary>One attempt: null when the object changed meanwhile.</summary>
    private WrittenObject? TryReplace(
        ApiResource resource, StoredObject stored, JsonObject live, JsonObject wanted, string subresource, WriteOptions options)
    {
        var (past, after) = (Metadata(live), Metadata(wanted));
        foreach (var key in new[] { "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation", "selfLink", "name", "namespace" })
        {
            if (key == "uid" && after.ContainsKey(key))
            {
                continue;
            }

            Keep(past, after, key);
        }

        var rules = resource.Definition;
        rules.PrepareForUpdate(wanted, live, subresource, cluster.Time.GetUtcNow());
        cluster.Admission.Admit(resource, wanted, live, options);
        cluster.Allocation.ForUpdate(resource, wanted, live);
        if (rules.HasGeneration && subresource != "status" && rules.RaisesGeneration(wanted, live))
        {
            after["generation"] = Generation(past) + 1;
        }

        ThrowIfInvalid(resource, stored.Name, rules.ValidateUpdate(wanted, live, subresource));
        options.Warnings.AddRange(rules.Warnings(wanted, live));
        after["uid"] = stored.Uid;
        Fields.ManagedFields.KeepTimesIfUnchanged(live, wanted);
        var content = VersionConversion.IntoStored(resource, wanted);
        if (stored.Terminating && !HasGraceLeft(past) && ObjectMetadata.Finalizers(Metadata(content)).Count == 0 && !NamespaceFinalization.Blocks(resource, content))
        {
            return FinishDeletion(resource, stored, content, options);
        }

        if (options.DryRun)
        {
            return WrittenObject.NotStored(resource, VersionConversion.ToServed(resource, content));
        }

        var before = VersionConversion.StoresAsServed(resource) ? live : stored.ToJson();
        if (Schema.Json.Equal(content, before) && !WritesAnyway(resource, stored))
        {
            return WrittenObject.Of(resource, stored);
        }

        return cluster.Store.TryWrite(resource.Key, stored, content, out var written) == WriteResult.Written ? WrittenObject.Of(resource, written!) : null;
    }

    /// <summary>
    /// What a real server stores of a new Job or claim lacks what its own decoding adds, so the first write that changes nothing writes
    /// (seen in the recordings).
    /// </summary>
    private static bool WritesAnyway(ApiResource resource, StoredObject stored) =>
        stored.IsFirstVersion && resource.QualifiedKind is "Job.batch" or "PersistentVolumeClaim";

    /// <summary>The last finalizer is gone: the write becomes the deletion, and its answer keeps the old resourceVersion.</summary>
    private WrittenObject? FinishDeletion(ApiResource resource, StoredObject stored, JsonObject content, WriteOptions options)
    {
        var answer = VersionConversion.ToServed(resource, (JsonObject)content.DeepClone());
        return options.DryRun || cluster.Store.TryRemove(stored, stored.ToJson(), out _) == WriteResult.Written ? WrittenObject.NotStored(resource, answer) : null;
    }

    /// <summary>Whether a pod's processes may still be running: such an object goes only when its kubelet says so.</summary>
    private static bool HasGraceLeft(JsonObject metadata) =>
        metadata["deletionGracePeriodSeconds"] is JsonValue value && Schema.Json.TryWhole(value, out var grace) && grace > 0;

    private static long Generation(JsonObject metadata) => metadata["generation"] is JsonValue value && Schema.Json.TryWhole(value, out var n) ? n : 0;

    private static void Keep(JsonObject before, JsonObject after, string key)
    {
        if (before.TryGetPropertyValue(key, out var value) && value is not null)
        {
            after[key] = value.DeepClone();
        }
        else
        {
            after.Remove(key);
        }
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

internal sealed partial class ObjectVerbs
{
    /// <summary>Creates a decoded object; it is changed in place. A dry run returns what would be stored.</summary>
    public WrittenObject Create(ApiResource resource, string ns, JsonObject content, WriteOptions options)
    {
        var metadata = PrepareIdentity(resource, ns, content);
        ObjectMetadata.StripServerOwned(metadata);
        content = ManagedFields.Update(resource.Definition.Write(options.Manager, "", cluster.Time.GetUtcNow()), null, content);
        return Insert(resource, ns, content, options);
    }

    /// <summary>Stores a new object whose fields are defaulted and whose owners are known.</summary>
    internal WrittenObject Insert(ApiResource resource, string ns, JsonObject content, WriteOptions options)
    {
        var metadata = Metadata(content);
        var rules = resource.Definition;
        var given = (string?)metadata["name"] ?? "";
        DemandLivingNamespace(resource, ns, given);
        cluster.Admission.Admit(resource, content, null, options);
        metadata = Metadata(content);
        var generated = given.Length == 0 && (string?)metadata["generateName"] is { Length: > 0 };
        for (var tries = 0; ; tries++)
        {
            if (generated)
            {
                metadata["name"] = cluster.Names.From((string)metadata["generateName"]!);
            }

            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["creationTimestamp"] = cluster.Now;
            metadata.Remove("resourceVersion");
            metadata.Remove("selfLink");
            metadata.Remove("deletionTimestamp");
            metadata.Remove("deletionGracePeriodSeconds");
            rules.PrepareForCreate(content, cluster.Time.GetUtcNow());
            if (rules.HasGeneration)
            {
                metadata["generation"] = 1;
            }

            var name = (string?)metadata["name"] ?? "";
            ThrowIfInvalid(resource, name, rules.ValidateCreate(content));
            options.Warnings.AddRange(rules.Warnings(content, null));
            var stored = generated ? VersionConversion.ToStored(resource, content) : VersionConversion.IntoStored(resource, content);
            cluster.Allocation.ForCreate(resource, stored);
            if (options.DryRun)
            {
                return cluster.Store.Find(resource.Key, ns, name) is { } existing
                    ? throw ApiException.AlreadyExists(resource.Key, name, existing.Terminating)
                    : WrittenObject.NotStored(resource, VersionConversion.ToServed(resource, stored));
            }

            if (cluster.Store.TryWrite(resource.Key, null, stored, out var written) == WriteResult.Written)
            {
                return WrittenObject.Of(resource, written!);
            }

            if (!generated || tries > 8)
            {
                var terminating = cluster.Store.Find(resource.Key, ns, name)?.Terminating ?? false;
                throw ApiException.AlreadyExists(resource.Key, name, terminating);
            }
        }
    }

    private static JsonObject PrepareIdentity(ApiResource resource, string ns, JsonObject content)
    {
        var metadata = Metadata(content);
        ObjectMetadata.MatchNamespace(resource, ns, metadata);
        return (string?)metadata["resourceVersion"] is not (null or "" or "0")
            ? throw ApiException.Unforeseen("resourceVersion should not be set on objects to be created")
            : metadata;
    }
}

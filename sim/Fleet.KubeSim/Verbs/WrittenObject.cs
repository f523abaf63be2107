using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>What a verb came to: an object of the store, or one that is in no store (a dry run's, or a deleted one).</summary>
internal sealed class WrittenObject
{
    private readonly ApiResource _resource;
    private JsonObject? _content;

    private WrittenObject(ApiResource resource, StoredObject? stored, JsonObject? content)
    {
        _resource = resource;
        Stored = stored;
        _content = content;
    }

    /// <summary>The stored form, from which an answer can be copied without reading it; null when it is in no store.</summary>
    public StoredObject? Stored { get; }

    /// <summary>The object in the version of the request; read at the first look, since most callers never look.</summary>
    public JsonObject Object => _content ??= ObjectVerbs.Read(_resource, Stored!);

    public static WrittenObject Of(ApiResource resource, StoredObject stored) => new(resource, stored, null);

    public static WrittenObject NotStored(ApiResource resource, JsonObject content) => new(resource, null, content);
}

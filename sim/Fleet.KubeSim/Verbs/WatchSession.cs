using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Output;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>One open watch: decides what the client sees of each change, and writes it.</summary>
internal sealed class WatchSession(ApiCall call, ApiResource resource, ListOptions options, string ns, string name)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private bool _headerSent;

    public async Task StartAsync()
    {
        var response = call.Http.Response;
        response.StatusCode = 200;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-cache, private";
        await response.Body.FlushAsync(call.Http.RequestAborted);
    }

    public bool Selects(StoredObject item) =>
        (ns.Length == 0 || item.Namespace == ns) && (name.Length == 0 || item.Name == name) && options.Selects(item);

    /// <summary>An object that begins to match is ADDED, one that ceases to is DELETED, whatever really happened to it.</summary>
    public Task SendChangeAsync(StoreEvent change)
    {
        var now = !change.Deleted && Selects(change.Object);
        var before = change.Previous is { } previous && Selects(previous);
        return (before, now) switch
        {
            (false, true) => SendAsync("ADDED", change.Object),
            (true, true) => SendAsync("MODIFIED", change.Object),
            (true, false) => SendAsync("DELETED", change.Deleted ? change.Object : AtVersion(change)),
            _ => Task.CompletedTask,
        };
    }

    public async Task SendAsync(string type, StoredObject item)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"));
        switch (call.Representation.Transform)
        {
            case Transform.Table:
                _buffer.Write(AnswerWriter.Encode(Table(ObjectVerbs.Read(resource, item), item.ResourceVersion)).Span);
                break;
            case Transform.PartialObjectMetadata or Transform.PartialObjectMetadataList:
                _buffer.Write(AnswerWriter.Encode(PartialMetadata.Of(item.ToJson(), call.Representation.Version)).Span);
                break;
            default:
                if (resource.Version == resource.StorageVersion || resource.IsCustom)
                {
                    item.Write(_buffer, withType: true, resource.GroupVersion);
                }
                else
                {
                    _buffer.Write(AnswerWriter.Encode(ObjectVerbs.Read(resource, item)).Span);
                }

                break;
        }

        _buffer.Write("}\n"u8);
        await FlushAsync();
    }

    public async Task BookmarkAsync(long version, bool initialEventsEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = ListVerb.Text(version) };
        if (initialEventsEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        var body = new JsonObject { ["kind"] = resource.Kind, ["apiVersion"] = resource.GroupVersion, ["metadata"] = metadata };
        body = call.Representation.Transform switch
        {
            Transform.Table => Table(body, version),
            Transform.None => body,
            _ => PartialMetadata.Of(body, call.Representation.Version),
        };
        _buffer.ResetWrittenCount();
        _buffer.Write(AnswerWriter.Encode(new JsonObject { ["type"] = "BOOKMARK", ["object"] = body }).Span);
        _buffer.Write("\n"u8);
        await FlushAsync();
    }

    /// <summary>Only the first table of a watch describes its columns.</summary>
    private JsonObject Table(JsonObject content, long version)
    {
        var table = TableOutput.Of(call, resource, [content], new ObjectList([], ListVerb.Text(version), null, null));
        if (_headerSent)
        {
            table["columnDefinitions"] = null;
        }

        _headerSent = true;
        return table;
    }

    /// <summary>What no longer matches is sent as it last did, with the resourceVersion of the change.</summary>
    private static StoredObject AtVersion(StoreEvent change)
    {
        var last = change.Previous!.ToJson();
        last["metadata"]!["resourceVersion"] = ListVerb.Text(change.ResourceVersion);
        return StoredObject.From(change.Object.Resource, last);
    }

    private async Task FlushAsync()
    {
        await call.Http.Response.Body.WriteAsync(_buffer.WrittenMemory, call.Http.RequestAborted);
        await call.Http.Response.Body.FlushAsync(call.Http.RequestAborted);
    }
}

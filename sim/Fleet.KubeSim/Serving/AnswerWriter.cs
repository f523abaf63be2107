using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Output;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Text;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Serving;

/// <summary>Writes answers in the form that the client asked for.</summary>
internal static class AnswerWriter
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteStatusAsync(HttpContext http, ApiException error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (Representation.Negotiate(http.Request.Headers.Accept.ToString()) is { Yaml: true })
        {
            await WriteBytesAsync(http, error.Code, "application/yaml", Encoding.UTF8.GetBytes(YamlWriter.Write(error.ToStatus())));
            return;
        }

        await WriteBytesAsync(http, error.Code, "application/json", Encode(error.ToStatus()));
    }

    public static Task WriteTextAsync(HttpContext http, int status, string text) =>
        WriteBytesAsync(http, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static Task WriteJsonAsync(HttpContext http, int status, JsonNode body, string contentType = "application/json") =>
        WriteBytesAsync(http, status, contentType, Encode(body));

    /// <summary>Answers one object, transformed as asked; copied from the store where its bytes are the answer.</summary>
    public static Task WriteObjectAsync(ApiCall call, int status, ApiResource resource, WrittenObject written)
    {
        if (written.Stored is not { } stored || call.Representation is not { Transform: Transform.None, Yaml: false } || !VersionConversion.DiffersInNameOnly(resource))
        {
            return WriteObjectAsync(call, status, resource, written.Object);
        }

        AddWarnings(call);
        var buffer = new ArrayBufferWriter<byte>(stored.Size + 128);
        stored.Write(buffer, withType: true, resource.GroupVersion);
        return WriteBytesAsync(call.Http, status, "application/json", buffer.WrittenMemory);
    }

    /// <summary>Answers one object, transformed as asked.</summary>
    public static Task WriteObjectAsync(ApiCall call, int status, ApiResource resource, JsonObject content)
    {
        var body = call.Representation.Transform switch
        {
            Transform.Table => TableOutput.Of(call, resource, [content], new ObjectList([], (string?)content["metadata"]?["resourceVersion"] ?? "", null, null)),
            Transform.PartialObjectMetadata => PartialMetadata.Of(content, call.Representation.Version),
            Transform.PartialObjectMetadataList => throw WrongTransform(
                $"you requested PartialObjectMetadataList, but the requested object is not a list (*{GoPackage(resource)}.{resource.Kind})"),
            _ => content,
        };
        return WriteAsync(call, status, body);
    }

    /// <summary>Answers something that has no other form, such as a Status or a Scale.</summary>
    public static Task WriteAsync(ApiCall call, int status, JsonObject body)
    {
        AddWarnings(call);
        return call.Representation.Yaml
            ? WriteBytesAsync(call.Http, status, "application/yaml", Encoding.UTF8.GetBytes(YamlWriter.Write(body)))
            : WriteJsonAsync(call.Http, status, body);
    }

    public static async Task WriteListAsync(ApiCall call, ApiResource resource, ObjectList list)
    {
        switch (call.Representation)
        {
            case { Transform: Transform.Table }:
                await WriteAsync(call, 200, TableOutput.Of(call, resource, [.. list.Items.Select(i => ObjectVerbs.Read(resource, i))], list));
                return;
            case { Transform: Transform.PartialObjectMetadata }:
                throw WrongTransform($"you requested PartialObjectMetadata, but the requested object is a list (*{GoPackage(resource)}.{resource.ListKind})");
            case { Transform: Transform.PartialObjectMetadataList }:
                var partial = new JsonObject
                {
                    ["kind"] = "PartialObjectMetadataList",
                    ["apiVersion"] = $"meta.k8s.io/{call.Representation.Version}",
                    ["metadata"] = list.Metadata(),
                    ["items"] = new JsonArray([.. list.Items.Select(i => PartialMetadata.Of(i.ToJson(), call.Representation.Version))]),
                };
                await WriteAsync(call, 200, partial);
                return;
            case { Yaml: true }:
                using (var text = Compose(resource, list))
                {
                    await WriteAsync(call, 200, JsonNode.Parse(text.Written.Span)!.AsObject());
                }

                return;
            default:
                AddWarnings(call);
                using (var bytes = Compose(resource, list))
                {
                    await WriteBytesAsync(call.Http, 200, "application/json", bytes.Written);
                }

                return;
        }
    }

    public static ReadOnlyMemory<byte> Encode(JsonNode body) => JsonSerializer.SerializeToUtf8Bytes(body, Relaxed);

    private static PooledBytes Compose(ApiResource resource, ObjectList list)
    {
        var buffer = new PooledBytes(512 + list.Items.Sum(i => i.Size + 64));
        var head = $"{{\"kind\":\"{resource.ListKind}\",\"apiVersion\":\"{resource.GroupVersion}\",\"metadata\":{list.Metadata(resource.IsCustom).ToJsonString()},\"items\":[";
        buffer.Write(Encoding.UTF8.GetBytes(head));
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            var item = list.Items[i];
            // A version that is not the stored one may need more than another apiVersion.
            if (resource is { Version: "v1", Kind: "HorizontalPodAutoscaler" })
            {
                item = StoredObject.From(resource.Key, ObjectVerbs.Read(resource, item));
            }

            item.Write(buffer, withType: resource.IsCustom, resource.GroupVersion);
        }

        buffer.Write("]}"u8);
        return buffer;
    }

    private static async Task WriteBytesAsync(HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        if (http.Request.Method != "HEAD")
        {
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    private static void AddWarnings(ApiCall call)
    {
        foreach (var warning in call.Warnings)
        {
            call.Http.Response.Headers.Append("Warning", $"299 - {Schema.GoText.Quote(warning)}");
        }
    }

    private static ApiException WrongTransform(string message) => new(406, "NotAcceptable", message);

    /// <summary>The name of the server's own Go package of a kind, which its messages show.</summary>
    private static string GoPackage(ApiResource resource) => resource.IsCustom ? "unstructured"
        : resource.Group.Length == 0 ? "core"
        : resource.Group.Split('.')[0];
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Storage;

/// <summary>One version of one object: immutable, kept as the bytes that are served, because memory and speed follow from that.</summary>
internal sealed class StoredObject
{
    public static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>();

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Everything after kind and apiVersion, from `"metadata":` to the last brace.</summary>
    private readonly byte[] _body;

    private StoredObject(ResourceKey resource, string apiVersion, string kind, JsonObject metadata, byte[] body)
    {
        Resource = resource;
        ApiVersion = apiVersion;
        Kind = kind;
        Name = (string?)metadata["name"] ?? "";
        Namespace = (string?)metadata["namespace"] ?? "";
        Uid = (string?)metadata["uid"] ?? "";
        ResourceVersion = long.TryParse((string?)metadata["resourceVersion"], CultureInfo.InvariantCulture, out var version) ? version : 0;
        Terminating = metadata["deletionTimestamp"] is not null;
        Labels = metadata["labels"] is JsonObject { Count: > 0 } labels
            ? labels.ToDictionary(l => l.Key, l => (string?)l.Value ?? "", StringComparer.Ordinal)
            : NoLabels;
        Owners = metadata["ownerReferences"] is JsonArray { Count: > 0 } owners ? [.. owners.OfType<JsonObject>().Select(OwnerReference.Parse)] : [];
        _body = body;
    }

    public ResourceKey Resource { get; }

    public string ApiVersion { get; }

    public string Kind { get; }

    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    public long ResourceVersion { get; }

    public bool Terminating { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    public IReadOnlyList<OwnerReference> Owners { get; }

    /// <summary>Whether nothing was written since the object was created.</summary>
    public bool IsFirstVersion { get; private init; }

    public int Size => _body.Length;

    public static StoredObject From(ResourceKey resource, JsonObject content, bool isFirstVersion = false)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            writer.WriteStartObject();
            WriteProperty(writer, content, "metadata");
            foreach (var (key, _) in content)
            {
                if (key is not ("kind" or "apiVersion" or "metadata"))
                {
                    WriteProperty(writer, content, key);
                }
            }

            writer.WriteEndObject();
        }

        var metadata = content["metadata"] as JsonObject ?? [];
        return new StoredObject(resource, (string?)content["apiVersion"] ?? "", (string?)content["kind"] ?? "", metadata, buffer.WrittenSpan[1..].ToArray())
        {
            IsFirstVersion = isFirstVersion,
        };
    }

    /// <summary>A fresh tree that the caller owns.</summary>
    public JsonObject ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(_body.Length + 128);
        Write(buffer, withType: true, ApiVersion);
        return JsonTree.ParseObject(buffer.WrittenSpan);
    }

    /// <summary>Appends the JSON text; lists of built-in kinds leave out each item's kind and apiVersion.</summary>
    public void Write(IBufferWriter<byte> output, bool withType, string apiVersion)
    {
        if (!withType)
        {
            output.Write("{"u8);
        }
        else
        {
            output.Write(Encoding.UTF8.GetBytes($"{{\"kind\":\"{Kind}\",\"apiVersion\":\"{apiVersion}\"{(_body.Length > 1 ? "," : "")}"));
        }

        output.Write(_body);
    }

    private static void WriteProperty(Utf8JsonWriter writer, JsonObject content, string key)
    {
        if (!content.TryGetPropertyValue(key, out var value))
        {
            return;
        }

        writer.WritePropertyName(key);
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            value.WriteTo(writer);
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Text;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Serving;

/// <summary>Reads request bodies, and refuses them in the server's words.</summary>
internal static class RequestBody
{
    /// <summary>The object that a POST or PUT sends: of the expected kind, decoded and with defaults.</summary>
    public static JsonObject ReadObject(ApiCall call, ApiResource resource, WriteOptions options)
    {
        var report = new DecodeReport();
        var sent = ReadSent(call, resource.Kind, report);
        CheckType(sent, resource);
        return Decode(resource, sent, report, options);
    }

    /// <summary>A body of a kind that is never stored, as it was sent.</summary>
    public static JsonObject ReadPlain(ApiCall call, string kind) => ReadSent(call, kind, new DecodeReport());

    /// <summary>Decodes an object, and treats what its kind does not know as fieldValidation says.</summary>
    public static JsonObject Decode(ApiResource resource, JsonObject sent, DecodeReport report, WriteOptions options)
    {
        var decoded = resource.Definition.Decode(sent, report);
        var prefix = $"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: ";
        if (report.TypeError is { } error)
        {
            throw ApiException.BadRequest(prefix + error);
        }

        if (report.StrictErrors.Count > 0)
        {
            switch (options.FieldValidation)
            {
                case FieldValidation.Strict:
                    throw ApiException.BadRequest($"{prefix}strict decoding error: {string.Join(", ", report.StrictErrors)}");
                case FieldValidation.Warn:
                    options.Warnings.AddRange(report.StrictErrors);
                    break;
            }
        }

        return decoded;
    }

    /// <summary>The options of a DELETE, null when the body is empty.</summary>
    public static JsonObject? ReadDeleteOptions(ApiCall call)
    {
        if (call.Body.IsEmpty)
        {
            return null;
        }

        // What a body of options cannot be read for is not foreseen by the server, so that its answer is a bare 500.
        JsonObject? options;
        try
        {
            options = call.ContentType switch
            {
                "" or "application/json" or "*/*" => JsonText.Parse(call.Body, new DecodeReport()) as JsonObject,
                "application/yaml" => YamlText.Parse(Encoding.UTF8.GetString(call.Body.Span)).Root as JsonObject,
                "application/vnd.kubernetes.protobuf" => ProtobufText.Parse(call.Body.Span),
                _ => throw UnknownFormat(),
            };
        }
        catch (TextException e)
        {
            throw ApiException.Unforeseen($"couldn't get version/kind; json parse error: {e.Message}");
        }

        return options?.Text("kind") is { Length: > 0 } kind and not "DeleteOptions"
            ? throw ApiException.Unforeseen("decoded object cannot be converted to DeleteOptions")
            : options;
    }

    private static JsonObject ReadSent(ApiCall call, string mustBe, DecodeReport report)
    {
        if (call.ContentType == "application/vnd.kubernetes.protobuf")
        {
            try
            {
                return ProtobufText.Parse(call.Body.Span);
            }
            catch (TextException e)
            {
                throw new ApiException(415, "UnsupportedMediaType", e.Message);
            }
        }

        if (call.ContentType is not ("" or "application/json" or "application/yaml" or "*/*"))
        {
            throw UnknownFormat();
        }

        JsonNode? parsed;
        string shown;
        if (call.ContentType == "application/yaml")
        {
            var text = Encoding.UTF8.GetString(call.Body.Span);
            shown = text;
            try
            {
                var document = YamlText.Parse(text);
                foreach (var duplicate in document.Duplicates)
                {
                    report.AddStrict(duplicate);
                }

                parsed = document.Root;
            }
            catch (TextException e)
            {
                throw ApiException.BadRequest(e.Message);
            }
        }
        else
        {
            shown = Encoding.UTF8.GetString(call.Body.Span);
            try
            {
                parsed = JsonText.Parse(call.Body, report);
            }
            catch (TextException e)
            {
                throw Unrecognized(mustBe, e.Message, shown.Length == 0 ? "<empty>" : shown);
            }
        }

        if (parsed is not JsonObject sent)
        {
            const string type = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";
            var name = parsed is JsonArray ? "array" : GoName(parsed);
            throw Unrecognized(mustBe, $"json: cannot unmarshal {name} into Go value of type {type}", Convert.ToHexStringLower(call.Body.Span));
        }

        return sent;
    }

    private static void CheckType(JsonObject sent, ApiResource resource)
    {
        var kind = sent.Text("kind") ?? "";
        var version = sent.Text("apiVersion") ?? "";
        // The type of the URL stands in for what was not sent.
        kind = kind.Length == 0 ? resource.Kind : kind;
        version = version.Length == 0 ? resource.GroupVersion : version;
        if (version != resource.GroupVersion)
        {
            throw ApiException.BadRequest($"the API version in the data ({version}) does not match the expected API version ({resource.GroupVersion})");
        }

        if (kind != resource.Kind)
        {
            var (prefix, package) = (resource.Version, resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0]);
            throw ApiException.BadRequest(
                $"{kind} in version \"{prefix}\" cannot be handled as a {resource.Kind}: converting ({prefix}.{kind}) to ({package}.{resource.Kind}): unknown conversion");
        }
    }

    private static ApiException UnknownFormat() => new(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");

    private static ApiException Unrecognized(string mustBe, string why, string shown) => ApiException.BadRequest(
        $"the object provided is unrecognized (must be of type {mustBe}): couldn't get version/kind; json parse error: {why} ({shown})");

    private static string GoName(JsonNode? node) => node?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => "string",
        System.Text.Json.JsonValueKind.Number => "number",
        _ => "bool",
    };
}

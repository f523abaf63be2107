using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Verbs;

/// <summary>Reads the body of a patch, and applies it to an object.</summary>
internal static class PatchBody
{
    public static JsonNode Read(ApiCall call)
    {
        JsonNode? patch;
        try
        {
            patch = JsonText.Parse(call.Body, new DecodeReport());
        }
        catch (TextException e)
        {
            throw ApiException.BadRequest($"error decoding patch: {e.Message}");
        }

        var list = call.ContentType == "application/json-patch+json";
        return patch switch
        {
            JsonArray operations when list => operations,
            JsonObject map when !list => map,
            _ when list => throw ApiException.BadRequest("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
            _ => throw ApiException.BadRequest("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        };
    }

    public static JsonObject Apply(string contentType, ApiResource resource, JsonObject live, JsonNode patch, WriteOptions options)
    {
        var patched = (JsonObject)MergePatch.Apply(live.DeepClone(), patch)!;
        var report = new DecodeReport();
        return RequestBody.Decode(resource, patched, report, options);
    }
}

internal static class MergePatch
{
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target as JsonObject ?? [];
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else
            {
                var before = result[key];
                result.Remove(key);
                result[key] = Apply(before, value);
            }
        }

        return result;
    }
}

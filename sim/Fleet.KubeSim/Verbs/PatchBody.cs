using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Patches;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Verbs;

/// <summary>Reads the body of a patch, and applies it to an object.</summary>
internal static class PatchBody
{
    public const string Merge = "application/merge-patch+json";
    public const string Strategic = "application/strategic-merge-patch+json";
    public const string Operations = "application/json-patch+json";

    public static JsonNode? Read(ApiCall call)
    {
        try
        {
            return JsonText.Parse(call.Body, new DecodeReport());
        }
        catch (TextException e)
        {
            throw ApiException.BadRequest($"error decoding patch: {e.Message}");
        }
    }

    /// <summary>The object as patched, not yet decoded.</summary>
    public static JsonObject Apply(string contentType, TypeSchema schema, JsonObject live, JsonNode? patch)
    {
        var result = contentType switch
        {
            Operations => JsonPatch.Apply(live, patch),
            Strategic => StrategicPatch.Apply(schema, live, patch),
            _ => MergePatch.Apply(live, patch),
        };
        return result switch
        {
            { Succeeded: true, Value: JsonObject patched } => patched,
            { Status: 422 } => throw new ApiException(422, "Invalid", result.Message!, []),
            { Status: 500 } => throw ApiException.Unforeseen(result.Message!),
            { Status: 413 } => throw new ApiException(413, "RequestEntityTooLarge", result.Message!),
            _ => throw ApiException.BadRequest(result.Message ?? "error decoding patch: the patched value is no object"),
        };
    }

    /// <summary>Decodes a patched object; what its kind does not know is refused or warned of as fieldValidation says.</summary>
    public static JsonObject Decode(string contentType, ApiResource resource, JsonObject patched, JsonNode? patch, WriteOptions options)
    {
        // The strategic form shows the patch, the others what they made of the object.
        string Shown() => contentType == Strategic ? GoText.Plain(patch) : Json.Encode(patched);
        var kind = patched.Text("kind") ?? "";
        if (kind != resource.Kind)
        {
            throw Invalid(Shown(), $"converting ({resource.Version}.{kind}) to ({Package(resource)}.{resource.Kind}): unknown conversion");
        }

        var report = new DecodeReport();
        var decoded = resource.Definition.Decode(patched, report);
        if (report.TypeError is { } error)
        {
            throw Invalid(Shown(), error);
        }

        if (report.StrictErrors.Count > 0)
        {
            switch (options.FieldValidation)
            {
                case FieldValidation.Strict:
                    throw Invalid(Shown(), $"strict decoding error: {string.Join(", ", report.StrictErrors)}");
                case FieldValidation.Warn:
                    options.Warnings.AddRange(report.StrictErrors.Except(options.Warnings));
                    break;
            }
        }

        return decoded;
    }

    private static ApiException Invalid(string shown, string why) => ApiException.Invalid("", "", "", [FieldError.Invalid("patch", shown, why)]);

    private static string Package(ApiResource resource) => resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0];
}

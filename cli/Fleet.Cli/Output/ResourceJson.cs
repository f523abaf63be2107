using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Cli.Output;

/// <summary>Resources and answers as JSON and YAML, by protobuf's own mapping.</summary>
internal static class ResourceJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonNode Of(IMessage message) => JsonNode.Parse(Formatter.Format(message))!;

    public static JsonNode Of(Resource resource) => Of(resource.Body());

    /// <summary>The message inside the oneof, as every resource is shown.</summary>
    public static IMessage Body(this Resource resource) =>
        (IMessage?)Resource.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(resource)?.Accessor.GetValue(resource)
        ?? throw new FailureException("the hub sent a resource of a kind that this fleetctl does not know", ExitCodes.Failed, "Upgrade fleetctl.");

    public static ObjectMeta Meta(this Resource resource) =>
        (ObjectMeta?)resource.Body().Descriptor.FindFieldByName("metadata")?.Accessor.GetValue(resource.Body()) ?? new ObjectMeta();

    public static string Kind(this Resource resource) => resource.Body().Descriptor.Name;

    /// <summary>One resource as it is, several as a List, in json or yaml.</summary>
    public static void Print(TextWriter output, string format, IReadOnlyList<JsonNode> items, bool single)
    {
        var node = single ? items[0] : new JsonObject
        {
            ["apiVersion"] = "fleet/v1",
            ["kind"] = "List",
            ["items"] = new JsonArray([.. items]),
        };
        Print(output, format, node);
    }

    public static void Print(TextWriter output, string format, JsonNode node)
    {
        if (format == "json")
        {
            output.WriteLine(node.ToJsonString(Indented));
        }
        else
        {
            output.Write(YamlText.Of(node));
        }
    }
}

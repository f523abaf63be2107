using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Hub.Core.Resources;
using Fleet.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Api.Rest;

/// <summary>Answers as JSON, by protobuf's own mapping; resources bare, as users write them.</summary>
internal static class RestJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A message; a Resource as what is inside it.</summary>
    public static string Write(IMessage message) => Formatter.Format(message is Resource resource ? ResourceMessages.Body(resource)! : message);

    /// <summary>A list, as Kubernetes writes lists.</summary>
    public static string WriteList(ResourceKind kind, ListResponse list)
    {
        var metadata = new JsonObject { ["resourceVersion"] = list.ResourceVersion };
        if (list.NextPageToken.Length > 0)
        {
            metadata["continue"] = list.NextPageToken;
        }

        return new JsonObject
        {
            ["apiVersion"] = ResourceKinds.ApiVersion,
            ["kind"] = $"{kind}List",
            ["metadata"] = metadata,
            ["items"] = new JsonArray([.. list.Items.Select(i => JsonNode.Parse(Write(i)))]),
        }.ToJsonString(Relaxed);
    }

    /// <summary>One event of a watch: {"type": …, "object": …}.</summary>
    public static string WriteEvent(WatchEvent change) =>
        $$"""{"type":"{{change.Type}}","object":{{(change.Resource is null ? "null" : Write(change.Resource))}}}""";

    /// <summary>Reads a request's body; INVALID_ARGUMENT says what is wrong with it.</summary>
    public static IMessage Read(ApiMethod method, string json)
    {
        var request = method.Request.ParseFrom(ByteString.Empty);
        try
        {
            // Descriptor-driven, since the parser's generic form wants the type at compile time.
            return string.IsNullOrWhiteSpace(json) ? request : Parser.Parse(json, request.Descriptor);
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException)
        {
            throw Refusals.Invalid($"The body is not a {request.Descriptor.Name} in JSON: {Quoting.Shorten(e.Message, 300)} Its fields are {Quoting.Choices([.. request.Descriptor.Fields.InDeclarationOrder().Select(f => f.JsonName)])}.");
        }
    }

    /// <summary>A failure: code and status as google.rpc has them, the message, and the mistakes one by one.</summary>
    public static string WriteFailure(RpcException failure)
    {
        var status = failure.GetRpcStatus();
        var json = new JsonObject
        {
            ["code"] = (int)failure.StatusCode,
            ["status"] = HttpStatuses.Name(failure.StatusCode),
            ["message"] = failure.Status.Detail,
        };
        if (status?.GetDetail<ErrorInfo>() is { } info)
        {
            json["reason"] = info.Reason;
        }

        if (status?.GetDetail<RetryInfo>()?.RetryDelay is { } delay)
        {
            json["retryAfterSeconds"] = Math.Ceiling(delay.ToTimeSpan().TotalSeconds);
        }

        json["violations"] = new JsonArray([.. (status?.GetDetail<ApplyErrors>()?.Violations ?? []).Select(v => JsonNode.Parse(Formatter.Format(v)))]);
        return json.ToJsonString(Relaxed);
    }
}

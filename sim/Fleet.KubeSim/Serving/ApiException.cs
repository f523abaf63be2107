using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Serving;

/// <summary>A refused request: becomes the Status body that a real server answers.</summary>
internal sealed class ApiException(int code, string? reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code => code;

    public string? Reason => reason;

    public JsonObject? Details => details;

    /// <summary>Seconds for the Retry-After header.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The token in the Status' own metadata with which an expired list can go on.</summary>
    public string? Continue { get; init; }

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = Continue is null ? new JsonObject() : new JsonObject { ["continue"] = Continue },
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason is not null)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details.DeepClone();
        }

        status["code"] = Code;
        return status;
    }

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>The server's word for anything that it did not foresee: code 500 without a reason.</summary>
    public static ApiException Unforeseen(string message) => new(500, null, message);

    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiException NotFound(ResourceKey resource, string name) =>
        new(404, "NotFound", $"{resource.Qualified} \"{name}\" not found", Named(name, resource.Group, resource.Plural));

    public static ApiException UnknownResource() =>
        new(404, "NotFound", "the server could not find the requested resource", []);

    public static ApiException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static ApiException DefinitionEnding(ResourceKey resource, string verb) =>
        new(405, "MethodNotAllowed", $"{verb} not allowed while custom resource definition is terminating", Named("", resource.Group, resource.Plural));

    public static ApiException AlreadyExists(ResourceKey resource, string name, bool terminating = false) =>
        new(
            409,
            "AlreadyExists",
            $"{(terminating ? "object is being deleted: " : "")}{resource.Qualified} \"{name}\" already exists",
            Named(name, resource.Group, resource.Plural));

    public static ApiException Conflict(ResourceKey resource, string name, string message) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.Qualified} \"{name}\": {message}", Named(name, resource.Group, resource.Plural));

    public static ApiException Modified(ResourceKey resource, string name) =>
        Conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiException Forbidden(string group, string plural, string name, string message) =>
        new(
            403,
            "Forbidden",
            $"{new ResourceKey(group, plural).Qualified}{(name.Length > 0 ? $" \"{name}\"" : "")} is forbidden: {message}",
            Named(name, group, plural));

    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> causes)
    {
        var details = Named(name, group, kind);
        details["causes"] = new JsonArray([.. causes.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = c.CauseReason,
            ["message"] = c.Message,
            ["field"] = c.Field,
        })]);
        return new ApiException(422, "Invalid", $"{(group.Length == 0 ? kind : $"{kind}.{group}")} \"{name}\" is invalid: {FieldError.Summary(causes)}", details);
    }

    public static ApiException TooLarge() => new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");

    public static ApiException Gone(long requested, long oldest) => Expired($"too old resource version: {requested} ({oldest})");

    public static ApiException Expired(string message, string? next = null) => new(410, "Expired", message) { Continue = next };

    private static JsonObject Named(string name, string group, string kind)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        if (kind.Length > 0)
        {
            details["kind"] = kind;
        }

        return details;
    }
}

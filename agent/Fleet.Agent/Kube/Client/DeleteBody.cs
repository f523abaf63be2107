using System.Text.Json.Nodes;

namespace Fleet.Agent.Kube.Client;

/// <summary>The body of a DELETE.</summary>
internal static class DeleteBody
{
    public static JsonObject Of(DeleteOptions options)
    {
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["propagationPolicy"] = options.Propagation };
        if (options.GracePeriodSeconds is { } grace) body["gracePeriodSeconds"] = grace;
        if (options.DryRun) body["dryRun"] = new JsonArray("All");
        var must = new JsonObject();
        if (options.Uid is { Length: > 0 } uid) must["uid"] = uid;
        if (options.ResourceVersion is { Length: > 0 } version) must["resourceVersion"] = version;
        if (must.Count > 0) body["preconditions"] = must;
        return body;
    }
}

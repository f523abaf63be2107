using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>The scale subresource: a small object that shows and sets how many replicas there are.</summary>
internal static class ScaleVerb
{
    private const string Version = "autoscaling/v1";
    private static readonly Lazy<TypeSchema> Schema = new(() => TypeTable.Type("autoscaling/v1.Scale"));

    public static Task ServeAsync(ClusterState cluster, ApiCall call, ApiResource resource, string ns)
    {
        var name = call.Request.Name;
        if (call.Request.Verb == "get")
        {
            var live = ObjectVerbs.Read(resource, cluster.Objects.Get(resource, ns, name));
            return AnswerWriter.WriteAsync(call, 200, ScaleView.Of(resource, live));
        }

        var apply = call.ContentType == "application/apply-patch+yaml";
        var options = WriteOptions.Parse(call, call.Request.Verb == "update" ? "UpdateOptions" : "PatchOptions", apply);
        var now = cluster.Time.GetUtcNow();
        IReadOnlyList<string> repeated = [];
        var sent = apply ? ApplyVerb.Read(call, out repeated) : null;
        var patch = call.Request.Verb == "patch" && !apply ? PatchBody.Read(call) : null;
        var replacement = call.Request.Verb == "update" ? Decode(RequestBody.ReadPlain(call, "Scale")) : null;
        var result = cluster.Objects.Update(
            resource,
            ns,
            name,
            live =>
            {
                var before = ScaleView.WithOwners(resource, live);
                JsonObject after;
                var write = new FieldWrite(Schema.Value, options.Manager, Version, "scale", now)
                {
                    Complete = (scale, _) => scale,
                };
                if (sent is not null)
                {
                    after = ApplyVerb.Unwrap(ManagedFields.Apply(write, before, sent, options.Force));
                    ApplyVerb.JudgeRepeated(repeated, options);
                }
                else
                {
                    after = replacement is not null
                        ? (JsonObject)replacement.DeepClone()
                        : Decode(PatchBody.Apply(call.ContentType, Schema.Value, before, patch));
                    after = ManagedFields.Update(write, before, after);
                }

                return ScaleView.Store(resource, (JsonObject)live.DeepClone(), after);
            },
            "scale",
            options);
        return AnswerWriter.WriteAsync(call, 200, ScaleView.Of(resource, result.Object));
    }

    private static JsonObject Decode(JsonObject sent)
    {
        var report = new DecodeReport();
        var scale = GoDecoder.Decode(Schema.Value, sent, report);
        return report.TypeError is { } error
            ? throw ApiException.BadRequest($"Scale in version \"v1\" cannot be handled as a Scale: {error}")
            : scale;
    }
}

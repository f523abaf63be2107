using System.Diagnostics.Metrics;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Sessions;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Content;

/// <summary>Relays Git objects to the agents that need them.</summary>
internal sealed class ContentService(ContentAccess access, ContentPlans plans, ContentParts parts) : V1.ContentService.ContentServiceBase
{
    private static readonly Meter Meter = new(SessionMeters.MeterName);
    private static readonly Counter<long> Served = Meter.CreateCounter<long>("fleet_content_served_bytes", "By", "Bytes of content sent to agents, compressed.");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("fleet_content_refused", description: "Requests for content that the caller may not have, by status.");

    public override async Task GetContent(GetContentRequest request, IServerStreamWriter<ContentPart> responseStream, ServerCallContext context)
    {
        try
        {
            await ServeAsync(request, responseStream, context).ConfigureAwait(false);
        }
        catch (RpcException refused)
        {
            Refusals.Add(1, new KeyValuePair<string, object?>("status", refused.StatusCode.ToString()));
            throw;
        }
        catch (ContentGoneException gone)
        {
            throw ContentAccess.Refused(StatusCode.NotFound, gone.Message);
        }
    }

    private async Task ServeAsync(GetContentRequest request, IServerStreamWriter<ContentPart> stream, ServerCallContext context)
    {
        var identity = AgentIdentities.From(context);
        var cancel = context.CancellationToken;
        ContentAccess.Check(request);
        var closure = await access.ClosureAsync(identity.ClusterId, request, cancel).ConfigureAwait(false);
        var plan = request.Want.Count > 0
            ? await plans.SinglesAsync(closure, request.Want.Distinct(StringComparer.Ordinal).ToArray(), cancel).ConfigureAwait(false) ?? throw ContentAccess.Denied()
            : await plans.DiffAsync(request.HaveClosureDigest, closure, cancel).ConfigureAwait(false)
                ?? throw ContentAccess.Refused(StatusCode.NotFound, $"The content of commit {request.Commit} is not held any more.");
        for (var page = 0; page < plan.Pages.Count; page++)
        {
            var part = await parts.GetAsync(plan, page, cancel).ConfigureAwait(false);
            await stream.WriteAsync(part, cancel).ConfigureAwait(false);
            Served.Add(part.Objects.Length);
        }
    }
}

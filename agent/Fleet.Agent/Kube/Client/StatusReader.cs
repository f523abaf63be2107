using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Client;

/// <summary>Reads a <c>v1 Status</c>, as an error answer or as a watch's last event carries it.</summary>
internal static class StatusReader
{
    private const int MaxCauses = 50;
    private const int MaxMessage = 4096;

    public static KubeApiError Read(JsonObject status, int httpStatus)
    {
        var details = status.Map("details");
        return new()
        {
            Failure = KubeFailure.Status,
            HttpStatus = httpStatus != 0 ? httpStatus : (int)Math.Clamp(status.Number("code") ?? 0, 0, 999),
            Reason = status.Text("reason") ?? "",
            Message = Bounded(status.Text("message") ?? ""),
            DetailsKind = details.Text("kind") ?? "",
            DetailsGroup = details.Text("group") ?? "",
            DetailsName = details.Text("name") ?? "",
            Causes = [.. details.List("causes").Objects().Take(MaxCauses)
                .Select(c => new KubeErrorCause(c.Text("field") ?? "", c.Text("reason") ?? "", Bounded(c.Text("message") ?? "")))],
            RetryAfter = RetryAfter(status),
        };
    }

    public static TimeSpan? RetryAfter(JsonObject status) =>
        status.Map("details").Number("retryAfterSeconds") is > 0 and < 86400 and var s ? TimeSpan.FromSeconds((double)s) : null;

    private static string Bounded(string s) => s.Length <= MaxMessage ? s : s[..MaxMessage] + "…";
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Probes and hooks of a container, after apis/core/validation/validation.go.</summary>
internal static class ProbeValidation
{
    private static readonly string[] Numbers = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

    public static void Probes(JsonObject container, long? grace, string field, Findings errors)
    {
        foreach (var name in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Map(name) is not { } probe)
            {
                continue;
            }

            var at = $"{field}.{name}";
            Handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], grace, at, errors);
            foreach (var number in Numbers)
            {
                errors.NotNegative($"{at}.{number}", probe.Whole(number));
            }

            if (probe.Whole("terminationGracePeriodSeconds") is <= 0 and var period)
            {
                errors.Invalid($"{at}.terminationGracePeriodSeconds", period, "must be greater than 0");
            }

            if (name == "readinessProbe")
            {
                if (probe["terminationGracePeriodSeconds"] is { } own)
                {
                    errors.Invalid($"{at}.terminationGracePeriodSeconds", own, "must not be set for readinessProbes");
                }
            }
            else if (probe.Whole("successThreshold") is { } successes and not 1)
            {
                errors.Invalid($"{at}.successThreshold", successes, "must be 1");
            }
        }
    }

    public static void Lifecycle(JsonObject container, long? grace, string field, Findings errors)
    {
        foreach (var hook in (string[])["postStart", "preStop"])
        {
            if (container.Map("lifecycle").Map(hook) is { } handler)
            {
                Handler(handler, ["exec", "httpGet", "tcpSocket", "sleep"], grace, $"{field}.lifecycle.{hook}", errors);
            }
        }
    }

    private static void Handler(JsonObject handler, string[] kinds, long? grace, string field, Findings errors)
    {
        var found = 0;
        foreach (var kind in kinds)
        {
            if (handler.Map(kind) is not { } action)
            {
                continue;
            }

            var at = $"{field}.{kind}";
            if (found++ > 0)
            {
                errors.Forbidden(at, "may not specify more than 1 handler type");
                continue;
            }

            switch (kind)
            {
                case "exec":
                    if (action.List("command") is not { Count: > 0 })
                    {
                        errors.Required($"{at}.command");
                    }

                    break;
                case "httpGet":
                    HttpGet(action, at, errors);
                    break;
                case "sleep":
                    if (grace is { } most && (action.Whole("seconds") ?? 0) is var seconds && (seconds < 0 || seconds > most))
                    {
                        errors.Invalid(at, seconds, $"must be non-negative and less than terminationGracePeriodSeconds ({most})");
                    }

                    break;
                default:
                    errors.PortOrName($"{at}.port", action["port"]);
                    break;
            }
        }

        if (found == 0)
        {
            errors.Required(field, "must specify a handler type");
        }
    }

    private static void HttpGet(JsonObject action, string field, Findings errors)
    {
        errors.Need($"{field}.path", action.Text("path"));
        errors.PortOrName($"{field}.port", action["port"]);
        errors.OneOf($"{field}.scheme", action.Text("scheme") ?? "", "HTTP", "HTTPS");
        foreach (var header in action.Each("httpHeaders"))
        {
            errors.Check($"{field}.httpHeaders", header.Text("name") ?? "", Names.HttpHeader);
        }
    }
}

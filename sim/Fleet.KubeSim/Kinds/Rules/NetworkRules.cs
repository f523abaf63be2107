using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Kinds of which nothing is particular but a generation that follows the spec.</summary>
internal sealed class SpecGenerationRules : KindRules
{
    public override bool HasGeneration => true;
}

/// <summary>Ingresses.</summary>
internal sealed class IngressRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec.List("rules") is not { Count: > 0 } && spec["defaultBackend"] is null)
        {
            errors.Invalid("spec", new JsonObject(), "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.Map("defaultBackend") is { } fallback)
        {
            Backend(fallback, "spec.defaultBackend", errors);
        }

        var i = 0;
        foreach (var rule in spec.Each("rules"))
        {
            var field = $"spec.rules[{i++}]";
            if (rule.Text("host") is { Length: > 0 } host)
            {
                var bare = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
                errors.Check($"{field}.host", bare, Names.Subdomain);
            }

            if (rule.Map("http") is { } http)
            {
                Paths(http, $"{field}.http", errors);
            }
        }
    }

    private static void Paths(JsonObject http, string field, Findings errors)
    {
        if (http.List("paths") is not { Count: > 0 })
        {
            errors.Required($"{field}.paths");
        }

        var i = 0;
        foreach (var path in http.Each("paths"))
        {
            var at = $"{field}.paths[{i++}]";
            switch (path.Text("pathType"))
            {
                case null:
                    errors.Required($"{at}.pathType", "pathType must be specified");
                    break;
                case "Exact" or "Prefix":
                    if (path.Text("path") is not { } text || !text.StartsWith('/'))
                    {
                        errors.Invalid($"{at}.path", path.Text("path") ?? "", "must be an absolute path");
                    }

                    break;
                case "ImplementationSpecific":
                    break;
                default:
                    errors.OneOf($"{at}.pathType", path.Text("pathType")!, "Exact", "ImplementationSpecific", "Prefix");
                    break;
            }

            Backend(path.Map("backend") ?? [], $"{at}.backend", errors);
        }
    }

    private static void Backend(JsonObject backend, string field, Findings errors)
    {
        if (backend.Map("service") is { } service)
        {
            if (string.IsNullOrEmpty(service.Text("name")))
            {
                errors.Required($"{field}.service.name");
            }

            var port = service.Map("port") ?? [];
            if (string.IsNullOrEmpty(port.Text("name")) && port.Whole("number") is null or 0)
            {
                errors.Required($"{field}", "port name or number is required");
            }
        }
        else if (backend["resource"] is null)
        {
            errors.Required(field, "resource or service backend is required");
        }
    }
}

/// <summary>NetworkPolicies: the policy types follow from what is there.</summary>
internal sealed class NetworkPolicyRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        foreach (var port in spec.Each("ingress").Concat(spec.Each("egress")).SelectMany(r => r.Each("ports")))
        {
            port.Fill("protocol", "TCP");
        }

        if (Json.IsNullOrEmpty(spec["policyTypes"]))
        {
            spec["policyTypes"] = spec.List("egress") is { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec.Map("podSelector") is { } selector)
        {
            LabelSelectors.Validate(selector, "spec.podSelector", errors);
        }

        foreach (var (list, peers) in ((string, string)[])[("ingress", "from"), ("egress", "to")])
        {
            var i = 0;
            foreach (var rule in spec.Each(list))
            {
                var j = 0;
                foreach (var peer in rule.Each(peers))
                {
                    var at = $"spec.{list}[{i}].{peers}[{j++}]";
                    var kinds = (peer["podSelector"] is null && peer["namespaceSelector"] is null ? 0 : 1) + (peer["ipBlock"] is null ? 0 : 1);
                    if (kinds == 0)
                    {
                        errors.Required(at, "must specify a peer");
                    }
                    else if (kinds > 1)
                    {
                        errors.Forbidden(at, "may not specify both ipBlock and another peer");
                    }
                }

                i++;
            }
        }
    }
}

/// <summary>Endpoints.</summary>
internal sealed class EndpointsRules : KindRules
{
    public override void Default(JsonObject item)
    {
        foreach (var port in item.Each("subsets").SelectMany(s => s.Each("ports")))
        {
            port.FillText("protocol", "TCP");
        }
    }
}

/// <summary>EndpointSlices.</summary>
internal sealed class EndpointSliceRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        foreach (var port in item.Each("ports"))
        {
            port.Fill("name", "");
            port.Fill("protocol", "TCP");
        }
    }

    public override bool RaisesGeneration(JsonObject item, JsonObject old) =>
        !Json.Equal(item["endpoints"], old["endpoints"]) || !Json.Equal(item["ports"], old["ports"])
        || !Json.Equal(item.Map("metadata")?["labels"], old.Map("metadata")?["labels"])
        || !Json.Equal(item.Map("metadata")?["annotations"], old.Map("metadata")?["annotations"]);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        errors.OneOf("addressType", item.Text("addressType") ?? "", "FQDN", "IPv4", "IPv6");
        if (old is not null)
        {
            errors.Unchanged("addressType", item["addressType"]?.DeepClone(), old["addressType"]);
        }
    }
}

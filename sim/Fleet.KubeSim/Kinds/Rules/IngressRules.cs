using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Ingresses, after apis/networking/validation/validation.go.</summary>
internal sealed class IngressRules : KindRules
{
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    public override bool HasGeneration => true;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec.List("rules") is not { Count: > 0 } && spec["defaultBackend"] is null)
        {
            errors.Invalid("spec", spec["rules"], "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.Map("defaultBackend") is { } fallback)
        {
            IngressBackends.Validate(fallback, "spec.defaultBackend", errors);
        }

        var i = 0;
        foreach (var rule in spec.Each("rules"))
        {
            Rule(rule, $"spec.rules[{i++}]", errors);
        }

        i = 0;
        foreach (var tls in spec.Each("tls"))
        {
            Tls(tls, $"spec.tls[{i++}]", errors);
        }

        if (spec.Text("ingressClassName") is { } name)
        {
            errors.Check("spec.ingressClassName", name, Names.Subdomain);
            if (old is null && item.Map("metadata").Map("annotations").Text(ClassAnnotation) is { } annotated && annotated != name)
            {
                errors.Invalid($"annotations.{ClassAnnotation}", annotated, "must match `ingressClassName` when both are specified");
            }
        }
    }

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        old is null && item.Map("metadata").Map("annotations")?.ContainsKey(ClassAnnotation) == true
            ? [$"annotation {GoText.Quote(ClassAnnotation)} is deprecated, please use 'spec.ingressClassName' instead"]
            : [];

    private static void Rule(JsonObject rule, string field, Findings errors)
    {
        if (rule.Text("host") is { Length: > 0 } host)
        {
            if (Addresses.Parse(host) is not null)
            {
                errors.Invalid($"{field}.host", host, "must be a DNS name, not an IP address");
            }

            errors.Check($"{field}.host", host, Host(host));
        }

        if (rule.Map("http") is not { } http)
        {
            return;
        }

        if (http.List("paths") is not { Count: > 0 })
        {
            errors.Required($"{field}.http.paths");
        }

        var i = 0;
        foreach (var path in http.Each("paths"))
        {
            IngressBackends.Path(path, $"{field}.http.paths[{i++}]", errors);
        }
    }

    private static void Tls(JsonObject tls, string field, Findings errors)
    {
        var hosts = tls.List("hosts") ?? [];
        for (var i = 0; i < hosts.Count; i++)
        {
            var host = Json.TextOf(hosts[i]) ?? "";
            errors.Check($"{field}.hosts[{i}]", host, Host(host));
        }

        if (tls.Text("secretName") is { Length: > 0 } secret)
        {
            errors.Check($"{field}.secretName", secret, Names.Subdomain);
        }
    }

    private static TextRule Host(string host) => host.Contains('*', StringComparison.Ordinal) ? Names.WildcardSubdomain : Names.Subdomain;
}

/// <summary>Where an Ingress leads, after apis/networking/validation/validation.go.</summary>
internal static class IngressBackends
{
    private static readonly string[] BadSequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] BadSuffixes = ["/..", "/."];

    public static void Path(JsonObject path, string field, Findings errors)
    {
        if (path.Text("pathType") is not { } type)
        {
            errors.Required($"{field}.pathType", "pathType must be specified");
            return;
        }

        var text = path.Text("path") ?? "";
        if (type is "Exact" or "Prefix" || (type == "ImplementationSpecific" && text.Length > 0))
        {
            if (!text.StartsWith('/'))
            {
                errors.Invalid($"{field}.path", text, "must be an absolute path");
            }

            foreach (var bad in BadSequences.Where(b => type != "ImplementationSpecific" && text.Contains(b, StringComparison.Ordinal)))
            {
                errors.Invalid($"{field}.path", text, $"must not contain '{bad}'");
            }

            foreach (var bad in BadSuffixes.Where(b => type != "ImplementationSpecific" && text.EndsWith(b, StringComparison.Ordinal)))
            {
                errors.Invalid($"{field}.path", text, $"cannot end with '{bad}'");
            }
        }
        else if (type != "ImplementationSpecific")
        {
            errors.OneOf($"{field}.pathType", type, "Exact", "ImplementationSpecific", "Prefix");
        }

        Validate(path.Map("backend") ?? [], $"{field}.backend", errors);
    }

    public static void Validate(JsonObject backend, string field, Findings errors)
    {
        var (resource, service) = (backend.Map("resource"), backend.Map("service"));
        if (resource is not null && service is not null)
        {
            errors.Invalid(field, "", "cannot set both resource and service backends");
        }
        else if (resource is not null)
        {
            Reference(resource, $"{field}.resource", errors);
        }
        else if (service is not null)
        {
            errors.Need($"{field}.service.name", service.Text("name"), Names.Label);
            var (name, number) = (service.Map("port").Text("name") ?? "", service.Map("port").Whole("number") ?? 0);
            if (name.Length > 0 && number != 0)
            {
                errors.Invalid(field, "", "cannot set both port name & port number");
            }
            else if (name.Length > 0)
            {
                errors.Check($"{field}.service.port.name", name, Names.PortName);
            }
            else if (number != 0)
            {
                errors.Port($"{field}.service.port.number", number);
            }
            else
            {
                errors.Required(field, "port name or number is required");
            }
        }
        else
        {
            errors.Invalid(field, "", "resource or service backend is required");
        }
    }

    /// <summary>An object by its group, kind and name.</summary>
    public static void Reference(JsonObject reference, string field, Findings errors)
    {
        if (reference.Text("apiGroup") is { } group)
        {
            errors.Check($"{field}.apiGroup", group, Names.Subdomain);
        }

        foreach (var part in (string[])["kind", "name"])
        {
            if (reference.Text(part) is { Length: > 0 } text)
            {
                errors.Check($"{field}.{part}", text, Names.PathSegment);
            }
            else
            {
                errors.Required($"{field}.{part}", $"{part} is required");
            }
        }
    }
}

/// <summary>IngressClasses, after apis/networking/validation/validation.go.</summary>
internal sealed class IngressClassRules : KindRules
{
    private const int MaxController = 250;

    public override bool HasGeneration => true;

    public override void Default(JsonObject item) => item.Map("spec").Map("parameters")?.Fill("scope", "Cluster");

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (old is not null)
        {
            errors.Unchanged("spec.controller", spec["controller"], old.Map("spec")?["controller"]);
        }

        var controller = spec.Text("controller") ?? "";
        if (controller.Length > MaxController)
        {
            errors.Add(FieldError.TooLong("spec.controller", MaxController));
        }

        DomainPath(controller, "spec.controller", errors);
        if (spec.Map("parameters") is { } parameters)
        {
            Parameters(parameters, "spec.parameters", errors);
        }
    }

    private static void Parameters(JsonObject parameters, string field, Findings errors)
    {
        IngressBackends.Reference(parameters, field, errors);
        var (scope, space) = (parameters.Text("scope"), parameters.Text("namespace"));
        if (scope is null)
        {
            errors.Required($"{field}.scope");
            return;
        }

        errors.OneOf($"{field}.scope", scope, "Cluster", "Namespace");
        if (scope == "Namespace" && space is null)
        {
            errors.Required($"{field}.namespace", "`parameters.scope` is set to 'Namespace'");
        }
        else if (scope == "Namespace")
        {
            errors.Check($"{field}.namespace", space!, Names.Label);
        }
        else if (scope == "Cluster" && space is not null)
        {
            errors.Forbidden($"{field}.namespace", "`parameters.scope` is set to 'Cluster'");
        }
    }

    private static void DomainPath(string text, string field, Findings errors)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (text.Length == 0)
        {
            errors.Required(field);
        }
        else if (slash <= 0 || slash == text.Length - 1)
        {
            errors.Invalid(field, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
        else
        {
            errors.Check(field, text[..slash], Names.Subdomain);
            if (!text[(slash + 1)..].All(c => char.IsAsciiLetterOrDigit(c) || "/-._~%!$&'()*+,;=:".Contains(c, StringComparison.Ordinal)))
            {
                errors.Invalid(field, text[(slash + 1)..], "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
            }
        }
    }
}

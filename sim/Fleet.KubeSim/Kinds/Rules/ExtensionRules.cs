using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Mutating and validating webhook configurations.</summary>
internal sealed class WebhookConfigurationRules(bool mutating) : KindRules
{
    public override bool ChecksFinalizerDomains => false;

    public override bool HasGeneration => true;

    public override bool RaisesGeneration(JsonObject item, JsonObject old) => !Json.Equal(item["webhooks"], old["webhooks"]);

    public override void Default(JsonObject item)
    {
        foreach (var hook in item.Each("webhooks"))
        {
            hook.Fill("failurePolicy", "Fail");
            hook.Fill("matchPolicy", "Equivalent");
            hook.Fill("namespaceSelector", new JsonObject());
            hook.Fill("objectSelector", new JsonObject());
            hook.Fill("timeoutSeconds", 10);
            if (mutating)
            {
                hook.Fill("reinvocationPolicy", "Never");
            }

            hook.Map("clientConfig").Map("service")?.Fill("port", 443);
            foreach (var rule in hook.Each("rules"))
            {
                rule.Fill("scope", "*");
            }
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var hook in item.Each("webhooks"))
        {
            var field = $"webhooks[{i++}]";
            var name = hook.Text("name") ?? "";
            if (name.Length == 0)
            {
                errors.Required($"{field}.name");
            }
            else if (Names.Subdomain(name) is { Count: > 0 } why)
            {
                errors.Invalid($"{field}.name", name, string.Join(",", why));
            }
            else if (name.Split('.').Length < 3)
            {
                errors.Invalid($"{field}.name", name, "should be a domain with at least three segments separated by dots");
            }

            if (!names.Add(name))
            {
                errors.Add(FieldError.Duplicate($"{field}.name", name));
            }

            if (hook.List("admissionReviewVersions") is not { Count: > 0 })
            {
                errors.Required($"{field}.admissionReviewVersions", "must specify one of v1, v1beta1");
            }

            if (hook.Text("sideEffects") is not { } effects)
            {
                errors.Required($"{field}.sideEffects", "must specify one of None, NoneOnDryRun");
            }
            else
            {
                errors.OneOf($"{field}.sideEffects", effects, "None", "NoneOnDryRun");
            }

            var client = hook.Map("clientConfig") ?? [];
            if (client["url"] is null == client["service"] is null)
            {
                errors.Required($"{field}.clientConfig", "exactly one of url or service is required");
            }
        }
    }
}

/// <summary>Validating and mutating admission policies.</summary>
internal sealed class AdmissionPolicyRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.Fill("failurePolicy", "Fail");
        if (spec.Map("matchConstraints") is { } constraints)
        {
            AdmissionMatch.Default(constraints);
        }
    }
}

/// <summary>Bindings of admission policies.</summary>
internal sealed class AdmissionPolicyBindingRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        if (item.Map("spec").Map("matchResources") is { } resources)
        {
            AdmissionMatch.Default(resources);
        }
    }
}

/// <summary>Which requests an admission policy is about.</summary>
internal static class AdmissionMatch
{
    public static void Default(JsonObject match)
    {
        match.Fill("matchPolicy", "Equivalent");
        match.Fill("namespaceSelector", new JsonObject());
        match.Fill("objectSelector", new JsonObject());
        foreach (var rule in match.Each("resourceRules").Concat(match.Each("excludeResourceRules")))
        {
            rule.Fill("scope", "*");
        }
    }
}

/// <summary>APIServices.</summary>
internal sealed class ApiServiceRules : KindRules
{
    public override bool ChecksFinalizerDomains => false;

    public override void Default(JsonObject item) => item.Map("spec").Map("service")?.Fill("port", 443);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var name = $"{spec.Text("version")}.{spec.Text("group")}".TrimEnd('.');
        if (item.Map("metadata").Text("name") is { } given && given != name)
        {
            errors.Invalid("metadata.name", given, $"must be `spec.version+\".\"+spec.group`: \"{name}\"");
        }
    }
}

/// <summary>FlowSchemas.</summary>
internal sealed class FlowSchemaRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item) => item.MapOrNew("spec").FillNumber("matchingPrecedence", 1000);
}

/// <summary>PriorityLevelConfigurations.</summary>
internal sealed class PriorityLevelRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        if (spec.Map("exempt") is { } exempt)
        {
            exempt.Fill("nominalConcurrencyShares", 0);
            exempt.Fill("lendablePercent", 0);
        }

        if (spec.Map("limited") is not { } limited)
        {
            return;
        }

        limited.Fill("nominalConcurrencyShares", 30);
        limited.Fill("lendablePercent", 0);
        if (limited.Map("limitResponse").Map("queuing") is { } queuing)
        {
            queuing.FillNumber("handSize", 8);
            queuing.FillNumber("queues", 64);
            queuing.FillNumber("queueLengthLimit", 50);
        }
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>How a pod resolves names, after apis/core/validation/validation.go.</summary>
internal static class PodNetworkValidation
{
    public static void Dns(JsonObject spec, string field, Findings errors)
    {
        var config = spec.Map("dnsConfig");
        var servers = config.List("nameservers");
        if (spec.Text("dnsPolicy") == "None" && config is null)
        {
            errors.Required(field, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }

        if (spec.Text("dnsPolicy") == "None" && servers is not { Count: > 0 })
        {
            errors.Required($"{field}.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }

        if (servers is { Count: > 3 })
        {
            errors.Invalid($"{field}.nameservers", servers, "must not have more than 3 nameservers");
        }

        for (var i = 0; i < (servers?.Count ?? 0); i++)
        {
            errors.Check($"{field}.nameservers[{i}]", Json.TextOf(servers![i]) ?? "", Addresses.LegacyAddress);
        }

        Searches(config.List("searches"), $"{field}.searches", errors);
        var option = 0;
        foreach (var entry in config.Each("options"))
        {
            if (string.IsNullOrEmpty(entry.Text("name")))
            {
                errors.Required($"{field}.options[{option}]", "must not be empty");
            }

            option++;
        }
    }

    public static void HostAliases(JsonObject spec, string field, Findings errors)
    {
        var i = 0;
        foreach (var alias in spec.Each("hostAliases"))
        {
            errors.Check($"{field}[{i}].ip", alias.Text("ip") ?? "", Addresses.LegacyAddress);
            var names = alias.List("hostnames") ?? [];
            for (var j = 0; j < names.Count; j++)
            {
                errors.Check($"{field}[{i}].hostnames[{j}]", Json.TextOf(names[j]) ?? "", Names.Subdomain);
            }

            i++;
        }
    }

    private static void Searches(JsonArray? searches, string field, Findings errors)
    {
        if (searches is null)
        {
            return;
        }

        var texts = searches.Select(s => Json.TextOf(s) ?? "").ToArray();
        if (texts.Length > 32)
        {
            errors.Invalid(field, searches, "must not have more than 32 search paths");
        }

        if (string.Join(' ', texts).Length > 2048)
        {
            errors.Invalid(field, searches, "must not have more than 2048 characters (including spaces) in the search list");
        }

        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i] != ".")
            {
                errors.Check($"{field}[{i}]", texts[i].EndsWith('.') ? texts[i][..^1] : texts[i], Names.SubdomainWithUnderscore);
            }
        }
    }
}

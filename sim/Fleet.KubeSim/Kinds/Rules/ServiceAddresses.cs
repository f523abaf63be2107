using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The cluster's addresses of a Service and their families, after apis/core/validation/validation.go.</summary>
internal static class ServiceAddresses
{
    public static bool IsHeadless(JsonObject spec) =>
        spec.List("clusterIPs") is { Count: 1 } addresses ? Json.TextOf(addresses[0]) == "None" : spec.Text("clusterIP") == "None";

    public static void Validate(JsonObject spec, Findings errors)
    {
        if (spec.Text("type") == "ExternalName")
        {
            return;
        }

        var addresses = (spec.List("clusterIPs") ?? []).Select(a => Json.TextOf(a) ?? "").ToArray();
        if (spec.Text("clusterIP") is { Length: > 0 } first)
        {
            // A missing list is filled in from the first before this.
            if (addresses.Length > 0 && addresses[0] != first)
            {
                errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "first value must match `clusterIP`");
            }
        }
        else if (addresses.Length > 0)
        {
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "must be empty when `clusterIP` is not specified");
        }

        var families = Families(spec, errors);
        if (spec.Text("ipFamilyPolicy") is { } policy)
        {
            errors.OneOf("spec.ipFamilyPolicy", policy, "PreferDualStack", "RequireDualStack", "SingleStack");
        }

        if (addresses.Length == 0 && spec.Text("clusterIP") is { Length: > 0 } single)
        {
            addresses = [single];
        }

        if (!Texts(spec, addresses, errors))
        {
            return;
        }

        if (addresses.Length > 1 && addresses.Select(IsSix).Distinct().Count() < 2)
        {
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "may specify no more than one IP for each IP family");
        }

        for (var i = 0; !IsHeadless(spec) && i < Math.Min(addresses.Length, families.Length); i++)
        {
            if (families[i] == "IPv4" == IsSix(addresses[i]) && families[i] is "IPv4" or "IPv6")
            {
                errors.Invalid($"spec.clusterIPs[{i}]", addresses[i], $"expected an {families[i]} value as indicated by `ipFamilies[{i}]`");
            }
        }
    }

    /// <summary>The primary address stays with the service; the secondary goes with a change of the policy.</summary>
    public static void Update(JsonObject spec, JsonObject before, Findings errors)
    {
        if (spec.Text("type") != "ExternalName" && before.Text("type") != "ExternalName")
        {
            Changed(spec, before, errors);
        }

        if (spec.Text("type") == "LoadBalancer" && before.Text("type") == "LoadBalancer" && spec.Text("loadBalancerClass") != before.Text("loadBalancerClass"))
        {
            errors.Invalid("spec.loadBalancerClass", spec["loadBalancerClass"], "may not change once set");
        }

        ServiceValidation.BalancerClass(spec, spec.Text("type") ?? "", errors);
        if (NeedsCheck(spec) && NeedsCheck(before) && spec.Whole("healthCheckNodePort") != before.Whole("healthCheckNodePort"))
        {
            errors.Forbidden("spec.healthCheckNodePort", "field is immutable");
        }
    }

    private static bool NeedsCheck(JsonObject spec) => spec.Text("type") == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local";

    private static void Changed(JsonObject spec, JsonObject before, Findings errors)
    {
        if (IsHeadless(before) && IsHeadless(spec))
        {
            return;
        }

        var (now, was) = (spec.List("clusterIPs") ?? [], before.List("clusterIPs") ?? []);
        var same = now.Count == was.Count;
        for (var i = 0; i < was.Count && (same || i == 0) && now.Count > 0; i++)
        {
            if (!Json.Equal(now[i], was[i]))
            {
                errors.Invalid($"spec.clusterIPs[{i}]", spec["clusterIPs"], "may not change once set");
            }
        }

        if (was.Count > now.Count)
        {
            if (now.Count == 0)
            {
                errors.Invalid("spec.clusterIPs[0]", spec["clusterIPs"], "primary clusterIP can not be unset");
            }
            else if (now.Count == 1 && spec.Text("ipFamilyPolicy") != "SingleStack")
            {
                errors.Invalid("spec.ipFamilyPolicy", spec["ipFamilyPolicy"], "must be set to 'SingleStack' when releasing the secondary clusterIP");
            }
        }

        if (IsHeadless(before) || IsHeadless(spec))
        {
            return;
        }

        var (families, known) = (spec.List("ipFamilies") ?? [], before.List("ipFamilies") ?? []);
        if (families.Count > 0 && known.Count > 0 && !Json.Equal(families[0], known[0]))
        {
            errors.Invalid("spec.ipFamilies[0]", families.Count == known.Count ? spec["ipFamilies"] : spec["clusterIPs"], "may not change once set");
        }

        if (known.Count > families.Count && families.Count == 1 && spec.Text("ipFamilyPolicy") != "SingleStack")
        {
            errors.Invalid("spec.ipFamilyPolicy", spec["ipFamilyPolicy"], "must be set to 'SingleStack' when releasing the secondary ipFamily");
        }
    }

    private static string[] Families(JsonObject spec, Findings errors)
    {
        var families = (spec.List("ipFamilies") ?? []).Select(f => Json.TextOf(f) ?? "").ToArray();
        for (var i = 0; i < families.Length; i++)
        {
            errors.OneOf($"spec.ipFamilies[{i}]", families[i], "IPv4", "IPv6");
            if (families[..i].Contains(families[i]))
            {
                errors.Duplicate($"spec.ipFamilies[{i}]", families[i]);
            }
        }

        return families;
    }

    private static bool Texts(JsonObject spec, string[] addresses, Findings errors)
    {
        var valid = true;
        for (var i = 0; i < addresses.Length; i++)
        {
            if (i == 0 && addresses[0] == "None")
            {
                if (addresses.Length > 1)
                {
                    errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "'None' must be the first and only value");
                    valid = false;
                }

                continue;
            }

            // An address that the server is still to allocate is no text yet.
            if (addresses[i].Length > 0 && Addresses.LegacyAddress(addresses[i]) is { Count: > 0 })
            {
                errors.Check($"spec.clusterIPs[{i}]", addresses[i], Addresses.LegacyAddress);
                valid = false;
            }
        }

        if (addresses.Length > 2)
        {
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "may only hold up to 2 values");
        }

        return valid;
    }

    private static bool IsSix(string address) => Addresses.Parse(address)?.AddressFamily == AddressFamily.InterNetworkV6;
}

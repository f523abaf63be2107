using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What tables show of bindings, certificates and admission.</summary>
internal static class AccessRows
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";

    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey(Rbac, "rolebindings"), Binding),
        new(new ResourceKey(Rbac, "clusterrolebindings"), Binding),
        new(new ResourceKey("certificates.k8s.io", "certificatesigningrequests"), (o, now) =>
        [
            Cell.Name(o), Cell.Age(o, now), Cell.TextOr("<none>", o, "spec", "signerName"), Cell.Text(o, "spec", "username"),
            o.Map("spec").Whole("expirationSeconds") is { } seconds ? HumanDuration.Of(TimeSpan.FromSeconds(seconds)) : "<none>", RequestStatus(o),
        ]),
        new(new ResourceKey(Admission, "mutatingwebhookconfigurations"), (o, now) => [Cell.Name(o), Cell.List(o, "webhooks").Count, Cell.Age(o, now)]),
        new(new ResourceKey(Admission, "validatingwebhookconfigurations"), (o, now) => [Cell.Name(o), Cell.List(o, "webhooks").Count, Cell.Age(o, now)]),
        new(new ResourceKey(Admission, "validatingadmissionpolicies"), (o, now) =>
            [Cell.Name(o), Cell.List(o, "spec", "validations").Count, ParamKind(o), Cell.Age(o, now)]),
        new(new ResourceKey(Admission, "validatingadmissionpolicybindings"), (o, now) =>
            [Cell.Name(o), Cell.Text(o, "spec", "policyName"), ParamRef(o), Cell.Age(o, now)]),
    ];

    private static JsonNode?[] Binding(JsonObject o, DateTimeOffset now) =>
        [Cell.Name(o), $"{Cell.Text(o, "roleRef", "kind")}/{Cell.Text(o, "roleRef", "name")}", Cell.Age(o, now), Subjects(o, "User"), Subjects(o, "Group"), Subjects(o, "ServiceAccount")];

    private static string Subjects(JsonObject binding, string kind) =>
        string.Join(", ", Cell.List(binding, "subjects").OfType<JsonObject>().Where(s => s.Text("kind") == kind)
            .Select(s => kind == "ServiceAccount" ? $"{s.Text("namespace")}/{s.Text("name")}" : s.Text("name")));

    private static string RequestStatus(JsonObject request)
    {
        var conditions = Cell.List(request, "status", "conditions").OfType<JsonObject>().Select(c => c.Text("type")).ToArray();
        var status = conditions.Contains("Denied") ? "Denied" : conditions.Contains("Approved") ? "Approved" : "Pending";
        return status + (conditions.Contains("Failed") ? ",Failed" : "") + (Cell.Text(request, "status", "certificate").Length > 0 ? ",Issued" : "");
    }

    private static string ParamKind(JsonObject policy) =>
        Cell.Map(policy, "spec", "paramKind") is { } kind ? $"{kind.Text("apiVersion")}/{kind.Text("kind")}" : "<unset>";

    private static string ParamRef(JsonObject binding)
    {
        if (Cell.Map(binding, "spec", "paramRef") is not { } reference)
        {
            return "<unset>";
        }

        var name = reference.Text("name") is { Length: > 0 } given ? given : "*";
        return reference.Text("namespace") is { Length: > 0 } ns ? $"{ns}/{name}" : name;
    }
}

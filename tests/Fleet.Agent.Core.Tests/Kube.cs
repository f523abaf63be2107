using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests;

/// <summary>Objects for the tests, out of JSON.</summary>
internal static class Kube
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static KubeObject Of(string json) => new((JsonObject)JsonNode.Parse(json)!);

    public static KubeObject ConfigMap(string name, string data = "1", string uid = "u1") =>
        Of($$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}","namespace":"ns","uid":"{{uid}}","resourceVersion":"5"},"data":{"a":"{{data}}"} }""");

    public static JsonObject Manifest(string apiVersion, string kind, string name, string ns = "ns") => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = ns.Length == 0 ? new JsonObject { ["name"] = name } : new JsonObject { ["name"] = name, ["namespace"] = ns },
    };
}

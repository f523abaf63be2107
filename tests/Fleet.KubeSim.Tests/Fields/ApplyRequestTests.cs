using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Tests.Fields;

/// <summary>What an apply request is refused for, and in which order.</summary>
public sealed class ApplyRequestTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Apply_RepeatedKeyUnderStrictAndAConflict_ConflictComesFirst()
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: one}");
        const string repeated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata:\n  a: two\n  a: three\n";

        Assert.Equal(409, (await api.ApplyAsync($"{ConfigMaps}/cm", repeated, "fieldManager=other&fieldValidation=Strict")).Status);
        Assert.Equal(400, (await api.ApplyAsync($"{ConfigMaps}/cm", repeated, "fieldManager=other&fieldValidation=Strict&force=true")).Status);
    }

    [Theory]
    [InlineData("metadata: {}", 400, "the name of the object (new based on URL) was undeterminable: name must be provided")]
    [InlineData("metadata: {generateName: n-}", 400, "the name of the object (new based on URL) was undeterminable: name must be provided")]
    [InlineData("metadata: {name: old}", 400, "the name of the object (old) does not match the name on the URL (new)")]
    [InlineData("metadata: {name: old, unknown: 1}", 500, "failed to create typed patch object (/old; /v1, Kind=ConfigMap): .metadata.unknown: field not declared in schema")]
    [InlineData("metadata: {name: old, namespace: other}", 400, "the namespace of the provided object does not match the namespace sent on the request")]
    public async Task Apply_OfAnotherObject_RefusedAfterTheMerge(string metadata, int status, string message)
    {
        await using var api = await SimulatedApi.StartAsync();

        var answer = await api.ApplyAsync($"{ConfigMaps}/new", $"apiVersion: v1\nkind: ConfigMap\n{metadata}");

        Assert.Equal((status, message), (answer.Status, (string?)answer.Body["message"]));
    }

    [Fact]
    public async Task Apply_WithoutANameToWhatExists_IsTheLiveOne()
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");

        Assert.Equal(200, (await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: c-}")).Status);
    }

    [Fact]
    public async Task Apply_NamespaceOnAClusterWideKind_IsDropped()
    {
        await using var api = await SimulatedApi.StartAsync();

        var (status, body) = await api.ApplyAsync(
            "/apis/scheduling.k8s.io/v1/priorityclasses/p",
            "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p, namespace: default}\nvalue: 1");

        Assert.Equal(201, status);
        Assert.Null(((JsonObject)body["metadata"]!)["namespace"]);
    }
}

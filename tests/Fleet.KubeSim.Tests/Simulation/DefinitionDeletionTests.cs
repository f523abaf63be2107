using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests.Simulation;

/// <summary>The end of a CustomResourceDefinition: its objects first, told by the condition Terminating.</summary>
public class DefinitionDeletionTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Definition = Definitions + "/foos.example.com";
    private const string Foos = "/apis/example.com/v1/namespaces/default/foos";

    [Fact]
    public async Task Deleted_WithAHeldInstance_TerminatingUntilItHasGone()
    {
        await using var api = await StartAsync();
        using var watch = await api.WatchAsync(Foos + "?watch=1");
        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, Foos, Foo("held", "example.com/hold"))).Status);
        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, Foos, Foo("free", null))).Status);

        await api.SendAsync(HttpMethod.Delete, Definition);
        var ending = await UntilAsync(api, Definition, d => Condition(d, "Terminating") is not null);

        Assert.Equal(("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"), Told(ending));
        await UntilAsync(api, Foos + "/free", f => (int?)f["code"] == 404);
        await UntilAsync(api, Foos + "/held", f => f["metadata"]?["deletionTimestamp"] is not null);

        await api.SendAsync(HttpMethod.Patch, Foos + "/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await UntilAsync(api, Definition, d => (int?)d["code"] == 404);
        await UntilAsync(api, Foos, d => d.ContainsKey("text"));
        Assert.DoesNotContain(api.Cluster.ControllerFailures.Latest(), f => f.Controller == "DefinitionController");

        var events = new List<string>();
        string next;
        while ((next = await watch.NextTypeAsync()) != "end")
        {
            events.Add(next);
        }

        Assert.Equal(["ADDED held", "ADDED free"], events.Take(2));
        Assert.Equal("DELETED held", events[^1]);
        Assert.Contains("DELETED free", events);
    }

    [Fact]
    public async Task Deleted_WhileItEnds_NothingIsCreatedAndDiscoveryShowsSo()
    {
        await using var api = await StartAsync();
        await api.SendAsync(HttpMethod.Post, Foos, Foo("held", "example.com/hold"));
        await api.SendAsync(HttpMethod.Delete, Definition);
        await UntilAsync(api, "/apis/example.com/v1", d => d["resources"]![0]!["verbs"]!.AsArray().Count == 5);

        var (status, refusal) = await api.SendAsync(HttpMethod.Post, Foos, Foo("late", null));

        Assert.Equal(405, status);
        Assert.Equal("create not allowed while custom resource definition is terminating", (string?)refusal["message"]);
        Assert.Equal("""{"group":"example.com","kind":"foos"}""", refusal["details"]!.ToJsonString());
    }

    [Theory]
    [InlineData(true, "InstanceDeletionCompleted", "removed all instances")]
    [InlineData(false, "NeverEstablished", "resource was never established")]
    public async Task Deleted_HeldByAnothersFinalizer_TellsTheOutcome(bool established, string reason, string message)
    {
        await using var api = await StartAsync(establish: established);
        await api.SendAsync(HttpMethod.Patch, Definition, """{"metadata":{"finalizers":["example.com/hold"]}}""", "application/merge-patch+json");

        await api.SendAsync(HttpMethod.Delete, Definition);
        var left = await UntilAsync(api, Definition, d => (string?)Condition(d, "Terminating")?["status"] == "False" && d["metadata"]!["finalizers"]!.AsArray().Count == 1);

        Assert.Equal(("False", reason, message), Told(left));
        Assert.Equal("example.com/hold", (string?)left["metadata"]!["finalizers"]![0]);
    }

    [Fact]
    public async Task Controller_WriteRefused_IsSeenOnTheCluster()
    {
        await using var api = await StartAsync();
        api.Cluster.Admission.Add("deny", r => r.Operation == "UPDATE" ? "no" : null, "CustomResourceDefinition");

        await api.SendAsync(HttpMethod.Delete, Definition);
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (api.Cluster.ControllerFailures.Count == 0)
        {
            Assert.False(limit.IsCancellationRequested, "no failure was told");
            await Task.Delay(10);
        }

        Assert.Equal(200, (await api.GetAsync(Definition)).Status);
        var failure = api.Cluster.ControllerFailures.Latest()[0];
        Assert.Equal(("DefinitionController", "foos.example.com"), (failure.Controller, failure.Name));
        Assert.Contains("denied the request: no", failure.Message, StringComparison.Ordinal);

        api.Cluster.Admission.Remove("deny");
        await UntilAsync(api, Definition, d => (int?)d["code"] == 404);
    }

    private static string Foo(string name, string? finalizer) => new JsonObject
    {
        ["apiVersion"] = "example.com/v1",
        ["kind"] = "Foo",
        ["metadata"] = new JsonObject { ["name"] = name, ["finalizers"] = finalizer is null ? null : new JsonArray(finalizer) },
    }.ToJsonString();

    private static (string?, string?, string?) Told(JsonObject definition)
    {
        var condition = Condition(definition, "Terminating")!;
        return ((string?)condition["status"], (string?)condition["reason"], (string?)condition["message"]);
    }

    private static async Task<SimulatedApi> StartAsync(bool establish = true)
    {
        var api = await SimulatedApi.StartAsync(() => new SimulatedClusterOptions
        {
            Name = "sim",
            Kubelet = false,
            EstablishDelay = establish ? TimeSpan.FromMilliseconds(1) : TimeSpan.FromHours(1),
        });
        await api.SendAsync(HttpMethod.Post, Definitions, """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"foos.example.com"},
             "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"foos","kind":"Foo"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """);
        if (establish)
        {
            await UntilAsync(api, Foos, f => (string?)f["kind"] == "FooList");
        }

        return api;
    }

    private static JsonNode? Condition(JsonObject item, string type) =>
        (item["status"] is JsonObject status ? status["conditions"] as JsonArray : null)?.FirstOrDefault(c => (string?)c!["type"] == type);

    private static async Task<JsonObject> UntilAsync(SimulatedApi api, string path, Func<JsonObject, bool> condition)
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        while (true)
        {
            var body = (await api.GetAsync(path)).Body;
            if (condition(body))
            {
                return body;
            }

            Assert.False(limit.IsCancellationRequested, $"{path} did not come to it: {body.ToJsonString()}; {string.Join('\n', api.Cluster.ControllerFailures.Latest())}");
            await Task.Delay(10);
        }
    }
}

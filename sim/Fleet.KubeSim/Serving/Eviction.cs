using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Serving;

/// <summary>Deletes a pod if its disruption budget allows it.</summary>
internal sealed class Eviction(ClusterState cluster)
{
    private static readonly ResourceKey Budgets = new("policy", "poddisruptionbudgets");

    public Task ServeAsync(ApiCall call, ApiResource pods, string ns)
    {
        var name = call.Request.Name;
        var body = RequestBody.ReadPlain(call, "Eviction");
        if (body.Map("metadata").Text("name") is { Length: > 0 } given && given != name)
        {
            throw ApiException.BadRequest("name in URL does not match name in Eviction object");
        }

        var pod = cluster.Objects.Get(pods, ns, name);
        var options = DeleteOptions.Parse(call, body.Map("deleteOptions"));
        options = options with { DryRun = options.DryRun || call.Request.Query.ContainsKey("dryRun") };
        if (!pod.Terminating && Cares(pod.ToJson()))
        {
            Decrement(pod, options.DryRun);
        }

        cluster.Objects.Delete(pods, ns, name, options);
        return AnswerWriter.WriteAsync(call, 201, new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success",
        });
    }

    /// <summary>Pods that do not run count for no budget.</summary>
    private static bool Cares(JsonObject pod) => pod.Map("status").Text("phase") is not ("Succeeded" or "Failed" or "Pending" or null);

    private void Decrement(StoredObject pod, bool dryRun)
    {
        var budgets = cluster.Store.List(Budgets, pod.Namespace).Items.Where(b => Selects(b.ToJson(), pod)).ToArray();
        switch (budgets)
        {
            case []:
                return;
            case [_, _, ..]:
                throw new ApiException(500, "InternalError", "Internal error occurred: this pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", new JsonObject
                {
                    ["causes"] = new JsonArray(new JsonObject { ["message"] = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support." }),
                });
        }

        var content = budgets[0].ToJson();
        var status = content.MapOrNew("status");
        var (wanted, healthy) = (status.Whole("desiredHealthy") ?? 0, status.Whole("currentHealthy") ?? 0);
        if ((status.Whole("observedGeneration") ?? 0) < (content.Map("metadata").Whole("generation") ?? 0))
        {
            throw TooMany($"The disruption budget {budgets[0].Name} is still being processed by the server.", 10);
        }

        if ((status.Whole("disruptionsAllowed") ?? 0) <= 0)
        {
            throw TooMany($"The disruption budget {budgets[0].Name} needs {wanted} healthy pods and has {healthy} currently", null);
        }

        if (!dryRun)
        {
            status["disruptionsAllowed"] = status.Whole("disruptionsAllowed") - 1;
            status.MapOrNew("disruptedPods")[pod.Name] = cluster.Now;
            cluster.Store.TryWrite(Budgets, budgets[0], content, out _);
        }
    }

    private static bool Selects(JsonObject budget, StoredObject pod)
    {
        var labels = budget.Map("spec").Map("selector").Map("matchLabels");
        return labels is { Count: > 0 } && labels.All(l => pod.Labels.GetValueOrDefault(l.Key) == Json.TextOf(l.Value));
    }

    private static ApiException TooMany(string cause, int? retryAfter)
    {
        var details = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "DisruptionBudget", ["message"] = cause }) };
        if (retryAfter is not null)
        {
            details["retryAfterSeconds"] = retryAfter;
        }

        return new ApiException(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details) { RetryAfter = retryAfter };
    }
}

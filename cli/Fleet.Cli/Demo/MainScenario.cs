using System.Text.Json.Nodes;
using Fleet.Agent.Kube;
using Fleet.Cli.Output;

namespace Fleet.Cli.Demo;

/// <summary>The main job: a push reaches every cluster of a group, drift is healed, a revert rolls back, and a lost agent is shown.</summary>
internal sealed class MainScenario(DemoFleet fleet, DemoScreen screen)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly string[] Staging = ["staging-1", "staging-2", "staging-3"];
    private static readonly string[] Production = ["production-1", "production-2", "production-3"];
    private static readonly string[] All = [.. Staging, .. Production];
    private GitRepository repository = null!;
    private string commit = "";

    public GitRepository Repository => repository;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await screen.StepAsync("Git repository over smart HTTP", async () =>
        {
            repository = await fleet.AddRepositoryAsync("shop", cancellationToken);
            DemoContent.WriteTo(repository);
            commit = await repository.PushAsync("Deploy web 1.0.0", cancellationToken);
            return $"{repository.Url} at {ResourceTable.Short(commit)}";
        });
        await screen.StepAsync("hub on SQLite, first key, login", async () =>
        {
            await fleet.StartHubAsync(cancellationToken);
            return fleet.HubAddress;
        });
        await screen.StepAsync("six simulated clusters", async () =>
        {
            await fleet.StartClustersAsync(All, TimeSpan.FromMilliseconds(300), cancellationToken);
            return $"{All.Length} API servers";
        });
        await screen.StepAsync("agents enroll with tokens and connect", () => EnrollAsync(cancellationToken));
        await screen.StepAsync("apply GitSource, ClusterGroups, Assignments", async () =>
        {
            var file = fleet.WriteFile("fleet.yaml", DemoContent.Resources(repository.Url));
            return string.Join(", ", (await fleet.CtlAsync(cancellationToken, "apply", "-f", file)).Trim().Split('\n').Select(l => l.Trim()));
        });
        await screen.StepAsync("Ready everywhere", async () =>
        {
            await ReadyAsync("web", All.Length, cancellationToken);
            await ReadyAsync("preview", Staging.Length, cancellationToken);
            return $"web in {All.Length} clusters, preview in {Staging.Length}";
        });
        await screen.StepAsync("a pushed commit reaches all clusters", () => PushAsync("2.0.0", cancellationToken));
        await screen.StepAsync("a Deployment scaled by hand is seen and healed", () => DriftAsync("production-2", cancellationToken));
        await screen.StepAsync("git revert rolls back", () => RevertAsync(cancellationToken));
        await screen.StepAsync("a stopped agent shows as Offline and not Ready", () => OfflineAsync("staging-3", cancellationToken));
    }

    private async Task<string> EnrollAsync(CancellationToken cancellationToken)
    {
        foreach (var (environment, clusters) in new[] { ("staging", Staging), ("production", Production) })
        {
            var answer = JsonNode.Parse(await fleet.CtlAsync(cancellationToken,
                "token", "create", environment, "--clusters", environment + "-*", "--label", "env=" + environment, "--uses", "3", "-o", "json"))!;
            foreach (var cluster in clusters)
            {
                fleet.StartAgent(cluster, answer["secret"]!.GetValue<string>(), answer["caPin"]!.GetValue<string>());
            }
        }

        foreach (var cluster in All)
        {
            await fleet.CtlAsync(cancellationToken, "wait", "cluster", cluster, "--for", "connected", "--timeout", "90s");
        }

        return $"{All.Length} connected";
    }

    private Task<TimeSpan> ReadyAsync(string assignment, int clusters, CancellationToken cancellationToken) =>
        Eventually.BecomesAsync($"{assignment} Ready in {clusters} clusters at {ResourceTable.Short(commit)}", Limit,
            () => fleet.NotReadyAsync(assignment, clusters, commit, cancellationToken), cancellationToken);

    private async Task<string> PushAsync(string version, CancellationToken cancellationToken)
    {
        var untouched = (await fleet.AssignmentAsync("preview", cancellationToken)).Status.SpecDigest;
        repository.Write("apps/web/deployment.yaml", DemoContent.WebDeployment(version, 2));
        commit = await repository.PushAsync($"Deploy web {version}", cancellationToken);
        var applied = await Eventually.BecomesAsync($"image {version} in all clusters", Limit, () => ImagesAsync(version, cancellationToken), cancellationToken);
        var ready = await Eventually.BecomesAsync("web Ready at the new commit", Limit, () => fleet.NotReadyAsync("web", All.Length, commit, cancellationToken), cancellationToken);
        var after = (await fleet.AssignmentAsync("preview", cancellationToken)).Status.SpecDigest;
        if (after != untouched)
        {
            throw new FailureException("the Assignment preview changed although its path did not", ExitCodes.Failed);
        }

        return $"{ResourceTable.Short(commit)} applied after {applied.TotalSeconds:0.00} s, Ready after {(applied + ready).TotalSeconds:0.00} s; preview untouched";
    }

    private async Task<string?> ImagesAsync(string version, CancellationToken cancellationToken)
    {
        foreach (var cluster in All)
        {
            var image = await fleet.ImageAsync(cluster, cancellationToken);
            if (!image.EndsWith(":" + version, StringComparison.Ordinal))
            {
                return $"{cluster} runs {image}";
            }
        }

        return null;
    }

    private async Task<string> DriftAsync(string cluster, CancellationToken cancellationToken)
    {
        var api = fleet.Kube(cluster);
        var deployments = (await api.ResolveAsync(FleetViews.Deployment, cancellationToken)).Value!;
        var before = await CorrectionsAsync(cluster, cancellationToken);
        var patched = await api.MergePatchAsync(deployments, DemoContent.Namespace, "web",
            new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 7 } }, new WriteOptions("kubectl-scale"), cancellationToken);
        if (!patched.IsOk)
        {
            throw new FailureException($"the Deployment could not be scaled: {patched.Error}", ExitCodes.Failed);
        }

        var healed = await Eventually.BecomesAsync("replicas back at 2", Limit, async () =>
            await fleet.ReplicasAsync(cluster, cancellationToken) is var replicas and not 2 ? $"replicas {replicas}" : null, cancellationToken);
        string? named = null;
        await Eventually.BecomesAsync("the drift in the report", Limit, async () =>
        {
            var status = (await fleet.ClusterAssignmentsAsync("web", cluster, cancellationToken)).Single().Status;
            var drift = status.Drifts.FirstOrDefault(d => d.Field.Contains("replicas", StringComparison.Ordinal) && d.Healed);
            named = drift is null ? null : $"{drift.Field} {drift.Expected} -> {drift.Actual} by {drift.Manager}";
            return drift is null || status.Corrections <= before ? $"{status.Phase}, {status.Drifts.Count} drifts, {status.Corrections} corrections" : null;
        }, cancellationToken);
        await ReadyAsync("web", All.Length, cancellationToken);
        return $"{cluster}: {named}; healed after {healed.TotalSeconds:0.00} s";
    }

    private async Task<int> CorrectionsAsync(string cluster, CancellationToken cancellationToken) =>
        (await fleet.ClusterAssignmentsAsync("web", cluster, cancellationToken)).Single().Status.Corrections;

    private async Task<string> RevertAsync(CancellationToken cancellationToken)
    {
        await repository.GitAsync(cancellationToken, "revert", "--no-edit", "HEAD");
        commit = await repository.PushAsync(cancellationToken);
        var back = await Eventually.BecomesAsync("image 1.0.0 in all clusters", Limit, () => ImagesAsync("1.0.0", cancellationToken), cancellationToken);
        await ReadyAsync("web", All.Length, cancellationToken);
        return $"{ResourceTable.Short(commit)}: 1.0.0 again after {back.TotalSeconds:0.00} s";
    }

    private async Task<string> OfflineAsync(string cluster, CancellationToken cancellationToken)
    {
        await fleet.KillAgentAsync(cluster);
        var shown = await Eventually.BecomesAsync($"{cluster} Offline", Limit, async () =>
        {
            var state = (await fleet.ClusterAsync(cluster, cancellationToken)).Status?.State;
            return state == "Offline" ? null : $"state {state}";
        }, cancellationToken);
        await Eventually.BecomesAsync("web not Ready", Limit, async () =>
        {
            var status = (await fleet.AssignmentAsync("web", cancellationToken)).Status;
            return ResourceTable.Ready(status.Conditions) != "True" && status.Counts.Offline == 1 && status.Counts.Ready == All.Length - 1
                ? null : $"Ready={ResourceTable.Ready(status.Conditions)}, {status.Counts.Ready} ready, {status.Counts.Offline} offline";
        }, cancellationToken);
        var table = await fleet.CtlAsync(cancellationToken, "get", "clusters");
        return table.Contains("Offline", StringComparison.Ordinal) ? $"{cluster} after {shown.TotalSeconds:0.00} s" : throw new FailureException("`fleetctl get clusters` does not show it:\n" + table, ExitCodes.Failed);
    }
}

using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;
using Fleet.KubeSim.Requests;

namespace Fleet.Cli.Demo;

/// <summary>Real manifests: every folder becomes a Git repository and an Assignment, is deployed to two clusters, reconciled again without a write, and removed.</summary>
internal sealed class ContentScenario(DemoFleet fleet, DemoScreen screen, string folder)
{
    private static readonly string[] Clusters = ["content-1", "content-2"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>How long nothing may be written for a second reconcile to count as one without writes.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    // What the agent never prunes; docs/architecture.md says so.
    private static readonly HashSet<string> NeverPruned = ["Namespace", "CustomResourceDefinition", "PersistentVolumeClaim"];
    private readonly Dictionary<string, Uri> repositories = [];
    private IReadOnlyList<ContentFolder> contents = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await screen.StepAsync("read the folders, make Git repositories", async () =>
        {
            contents = ContentFolder.In(folder);
            foreach (var content in contents)
            {
                var repository = await fleet.AddRepositoryAsync(content.Name, cancellationToken);
                Copy(content.Path, repository.Folder);
                await repository.PushAsync("Import", cancellationToken);
                repositories[content.Name] = repository.Url;
            }

            return string.Join(", ", contents.Select(c => $"{c.Name} ({c.Objects.Count} objects)"));
        });
        await screen.StepAsync("hub, two simulated clusters, agents", () => StartAsync(cancellationToken));
        await screen.StepAsync("kinds and namespaces that the clusters' owner brings", () => PrepareAsync(cancellationToken));
        await screen.StepAsync("apply the Assignments", () => ApplyAsync(cancellationToken));
        foreach (var content in contents)
        {
            await screen.StepAsync($"{content.Name}: Ready, every object applied", () => DeployedAsync(content, cancellationToken));
        }

        await screen.StepAsync("a second reconcile writes nothing", () => SecondAsync(cancellationToken));
        await screen.StepAsync("removal, confirmed once, leaves nothing behind", () => RemoveAsync(cancellationToken));
    }

    private async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        await fleet.StartHubAsync(cancellationToken);
        await fleet.StartClustersAsync(Clusters, TimeSpan.FromMilliseconds(300), cancellationToken);
        var token = JsonNode.Parse(await fleet.CtlAsync(cancellationToken, "token", "create", "content", "--clusters", "content-*", "--uses", "2", "-o", "json"))!;
        foreach (var cluster in Clusters)
        {
            fleet.StartAgent(cluster, token["secret"]!.GetValue<string>(), token["caPin"]!.GetValue<string>());
        }

        foreach (var cluster in Clusters)
        {
            await fleet.CtlAsync(cancellationToken, "wait", "cluster", cluster, "--for", "connected", "--timeout", "90s");
        }

        return fleet.HubAddress;
    }

    private async Task<string> PrepareAsync(CancellationToken cancellationToken)
    {
        var all = contents.SelectMany(c => c.Objects).ToArray();
        var installed = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var cluster in Clusters)
        {
            var api = fleet.Kube(cluster);
            installed.UnionWith(await ForeignKinds.InstallAsync(api, all, cancellationToken));
            var namespaces = (await api.ResolveAsync(new GroupVersionKind("", "v1", "Namespace"), cancellationToken)).Value!;
            foreach (var content in contents)
            {
                var created = await api.CreateAsync(namespaces,
                    new KubeObject(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = content.Name } }),
                    new WriteOptions("cluster-owner"), cancellationToken);
                if (!created.IsOk)
                {
                    throw new FailureException($"namespace {content.Name} in {cluster}: {created.Error}", ExitCodes.Failed);
                }
            }
        }

        return $"{contents.Count} namespaces; {(installed.Count == 0 ? "no foreign kinds" : string.Join(", ", installed))}";
    }

    private async Task<string> ApplyAsync(CancellationToken cancellationToken)
    {
        var text = """
            apiVersion: fleet/v1
            kind: ClusterGroup
            metadata:
              name: all
            spec:
              selector: {}

            """ + string.Concat(contents.Select(c => "---\n" + c.AssignmentYaml(repositories[c.Name])));
        await fleet.CtlAsync(cancellationToken, "apply", "-f", fleet.WriteFile("content.yaml", text));
        return $"{contents.Count} Assignments to {Clusters.Length} clusters";
    }

    private async Task<string> DeployedAsync(ContentFolder content, CancellationToken cancellationToken)
    {
        var time = await Eventually.BecomesAsync($"{content.Name} Ready", Limit, () => fleet.NotReadyAsync(content.Name, Clusters.Length, "", cancellationToken), cancellationToken);
        foreach (var cluster in Clusters)
        {
            foreach (var wanted in content.Objects)
            {
                var live = await LiveAsync(cluster, wanted, cancellationToken);
                if (live?.Label(Ownership.Label) is null)
                {
                    throw new FailureException($"{wanted.Key} is {(live is null ? "not" : "there but not ours")} in {cluster}, though the Assignment is Ready", ExitCodes.Failed);
                }
            }
        }

        return $"{content.Objects.Count} objects in each cluster, Ready after {time.TotalSeconds:0.00} s";
    }

    private async Task<string> SecondAsync(CancellationToken cancellationToken)
    {
        var before = Clusters.ToDictionary(c => c, c => fleet.Simulated(c).Requests.Count);
        foreach (var content in contents)
        {
            await fleet.CtlAsync(cancellationToken, "sync", "assignment", content.Name);
        }

        var clock = TimeProvider.System;
        await Task.Delay(Quiet, clock, cancellationToken);
        foreach (var cluster in Clusters)
        {
            var writes = fleet.Simulated(cluster).Requests.Where(r => r.Sequence >= before[cluster] && r.IsWrite && ByAgent(r));
            if (writes.Count > 0)
            {
                throw new FailureException($"{writes.Count} writes in {cluster}: {string.Join(", ", writes.Take(5).Select(w => $"{w.Method} {w.Path}"))}", ExitCodes.Failed);
            }
        }

        var calls = Clusters.Sum(c => fleet.Simulated(c).Requests.Where(r => r.Sequence >= before[c] && ByAgent(r)).Count);
        return $"{calls} calls, no write";
    }

    private async Task<string> RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (var content in contents)
        {
            await fleet.CtlAsync(cancellationToken, "delete", "assignment", content.Name, "--yes");
        }

        foreach (var content in contents)
        {
            await fleet.CtlAsync(cancellationToken, "wait", "assignment", content.Name, "--for", "deleted", "--timeout", "180s");
        }

        var kept = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var cluster in Clusters)
        {
            foreach (var wanted in contents.SelectMany(c => c.Objects))
            {
                if (await LiveAsync(cluster, wanted, cancellationToken) is not { } live)
                {
                    continue;
                }

                if (!NeverPruned.Contains(wanted.Kind) || live.Label(Ownership.Label) is not null)
                {
                    throw new FailureException($"{wanted.Key} is still in {cluster}{(live.Label(Ownership.Label) is null ? "" : ", with our label")}", ExitCodes.Failed);
                }

                kept.Add(wanted.Kind);
            }
        }

        return kept.Count == 0 ? "nothing left" : $"left, released, as documented: {string.Join(", ", kept)}";
    }

    private async Task<KubeObject?> LiveAsync(string cluster, KubeObject wanted, CancellationToken cancellationToken)
    {
        var api = fleet.Kube(cluster);
        var resource = await api.ResolveAsync(wanted.GroupVersionKind, cancellationToken);
        if (!resource.IsOk)
        {
            return null;
        }

        var live = await api.GetAsync(resource.Value, resource.Value.Namespaced ? wanted.Namespace : "", wanted.Name, cancellationToken);
        return live.IsOk ? live.Value : null;
    }

    private static bool ByAgent(LoggedRequest request) => request.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = System.IO.Path.Combine(to, System.IO.Path.GetRelativePath(from, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}

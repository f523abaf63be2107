using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Upgrades;
using Fleet.Agent.Kube;
using Fleet.Agent.State;

namespace Fleet.Agent.Upgrade;

/// <summary>The agent's own Deployments: makes the second one out of the first, and removes the one that is no longer needed. By their two names, and no others.</summary>
internal sealed class AgentDeployment(IKubeApi kube, string ns)
{
    public const string UpgradeAnnotation = "fleet.dev/upgrade";
    private const string NameLabel = "app.kubernetes.io/name";
    private const string NameArgument = "--deployment=";
    private static readonly KubeResource Deployments = new("apps", "v1", "Deployment", "deployments", true, []);

    /// <summary>Makes the new Deployment beside the old one, once for each upgrade; may be repeated.</summary>
    public async Task<KubeApiError?> EnsureAsync(UpgradeRecord record, CancellationToken cancellationToken)
    {
        var there = await kube.GetAsync(Deployments, ns, record.To, cancellationToken).ConfigureAwait(false);
        if (there.IsOk && there.Value.Annotation(UpgradeAnnotation) == record.Id && !there.Value.IsTerminating) return null;
        if (there.IsOk)
        {
            // Left over from an earlier upgrade: its selector and its pods are not what is wanted now.
            if (await RemoveAsync(record.To, "", cancellationToken).ConfigureAwait(false) is { } stuck) return stuck;
            return new() { Failure = KubeFailure.Status, HttpStatus = 409, Reason = "Conflict", Message = $"an earlier {record.To} is being removed first" };
        }
        if (!there.Error.IsObjectGone(record.To)) return there.Error;
        var own = await kube.GetAsync(Deployments, ns, record.From, cancellationToken).ConfigureAwait(false);
        if (!own.IsOk) return own.Error;
        // By apply and not by create: only so does the request carry the name, which the agent's right to create is bound to.
        var made = await kube.ApplyAsync(Deployments, Second(own.Value, record), new(SecretFiles.FieldManager), cancellationToken).ConfigureAwait(false);
        return made.Error;
    }

    /// <summary>Removes one of the two.</summary>
    /// <param name="name">Which.</param>
    /// <param name="upgrade">Only when it was made for this upgrade; empty: whatever made it.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public async Task<KubeApiError?> RemoveAsync(string name, string upgrade, CancellationToken cancellationToken)
    {
        var there = await kube.GetAsync(Deployments, ns, name, cancellationToken).ConfigureAwait(false);
        if (!there.IsOk) return there.Error.IsObjectGone(name) ? null : there.Error;
        if (upgrade.Length > 0 && there.Value.Annotation(UpgradeAnnotation) != upgrade) return null;
        var gone = await kube.DeleteAsync(Deployments, ns, name, new() { Uid = there.Value.Uid }, cancellationToken).ConfigureAwait(false);
        return gone.IsOk || gone.Error.IsObjectGone(name) ? null : gone.Error;
    }

    /// <summary>The same but for its names and its image: selector and labels of its own, so that neither takes the other's pods for its own.</summary>
    internal static KubeObject Second(KubeObject own, UpgradeRecord record)
    {
        var spec = (JsonObject)own.Spec!.DeepClone();
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { [NameLabel] = record.To } };
        var template = spec.Map("template") ?? throw new InvalidOperationException($"the Deployment {record.From} has no pod template");
        if (template["metadata"] is not JsonObject metadata) template["metadata"] = metadata = [];
        metadata.Remove("creationTimestamp");
        if (metadata["labels"] is not JsonObject labels) metadata["labels"] = labels = [];
        labels[NameLabel] = record.To;
        foreach (var container in template.Map("spec").List("containers").Objects().Where(c => c.Text("name") == "agent"))
        {
            container["image"] = record.Image;
            if (container["args"] is not JsonArray args) continue;
            for (var i = 0; i < args.Count; i++)
            {
                if (args[i].AsText()?.StartsWith(NameArgument, StringComparison.Ordinal) == true) args[i] = NameArgument + record.To;
            }
        }
        return new(new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject
            {
                ["name"] = record.To,
                ["namespace"] = own.Namespace,
                ["labels"] = new JsonObject { [NameLabel] = record.To },
                ["annotations"] = new JsonObject { [UpgradeAnnotation] = record.Id },
            },
            ["spec"] = spec,
        });
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Adoption;

public sealed class AdoptionTests
{
    private static readonly Ownership Owner = new("hub", "a");

    private static string Entry(string manager, string operation, string fields, string apiVersion = "v1", string subresource = "") =>
        $$$"""{"manager":"{{{manager}}}","operation":"{{{operation}}}","apiVersion":"{{{apiVersion}}}","fieldsType":"FieldsV1","fieldsV1":{{{fields}}}{{{(subresource.Length > 0 ? $",\"subresource\":\"{subresource}\"" : "")}}}}""";

    private static string Data(params string[] keys) => $$$"""{"f:data":{{{{string.Join(",", keys.Select(k => $"\"f:{k}\":{{}}"))}}} } }""";

    private static KubeObject Live(params string[] entries) =>
        Kube.Of($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"ns","resourceVersion":"5","managedFields":[{{{string.Join(",", entries)}}}]},"data":{"a":"1","b":"2"} }""");

    private static InventoryEntry Known(string fields) => new()
    {
        Key = new("", "ConfigMap", "ns", "c"),
        ApiVersion = "v1",
        Uid = "u",
        RenderedHash = "h",
        Fields = OwnedFields.Of(JsonDocument.Parse(fields).RootElement),
    };

    private static JsonArray? Patch(KubeObject live, InventoryEntry? entry, string served = "v1") => TakeOver.Patch(live, entry, v => v == served);

    private static List<ManagedEntry> After(JsonArray patch, KubeObject live)
    {
        Assert.Equal("""{"op":"test","path":"/metadata/resourceVersion","value":"5"}""", patch[0]!.ToJsonString());
        var next = live.Clone();
        next.Metadata!["managedFields"] = patch[1]!["value"]!.DeepClone();
        return [.. ManagedEntry.All(next)];
    }

    [Fact]
    public void Patch_AllInOrder_IsNone()
    {
        Assert.Null(Patch(Live(Entry("fleet-agent", "Apply", Data("a"))), Known(Data("a"))));
        Assert.Null(Patch(Live(Entry("fleet-agent", "Apply", Data("a")), Entry("kubectl-edit", "Update", Data("b"))), Known(Data("a"))));
        Assert.Null(Patch(Live(Entry("some-controller", "Update", Data("a"))), null));
    }

    [Fact]
    public void Patch_OurEntryLost_IsRestoredAndTakenOutOfWhatTheServerMadeOfIt()
    {
        var live = Live(Entry("before-first-apply", "Update", Data("b", "c")), Entry("controller", "Update", Data("d")));
        var after = After(Patch(live, Known(Data("a", "b")))!, live);
        Assert.Equal(["fleet-agent", "before-first-apply", "controller"], after.Select(e => e.Manager));
        Assert.True(after[0].IsApply);
        Assert.Equal(["f:a", "f:b"], after[0].Fields["f:data"]!.AsObject().Select(p => p.Key));
        // What was never ours stays with whoever set it: folded in, an apply would take it away.
        Assert.Equal(["f:c"], after[1].Fields["f:data"]!.AsObject().Select(p => p.Key));
    }

    [Fact]
    public void Patch_NoManagedFieldsAtAll_OursIsAdded()
    {
        var live = Kube.Of("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","resourceVersion":"5"}}""");
        var patch = Patch(live, Known(Data("a")))!;
        Assert.Equal("add", patch[1]!["op"]!.ToString());
        Assert.Equal("v1", Assert.Single(After(patch, live)).ApiVersion);
    }

    [Fact]
    public void Patch_EntryForAVersionNoLongerServed_MovesToTheNewOne()
    {
        var live = Live(Entry("fleet-agent", "Apply", Data("a"), "v1beta1"));
        var mine = Assert.Single(After(Patch(live, Known(Data("a")))!, live));
        Assert.Equal(("v1", true), (mine.ApiVersion, mine.IsApply));
    }

    [Fact]
    public void Patch_Adopting_FoldsTheOldToolInAndLeavesControllersAndStatus()
    {
        var live = Live(Entry("kubectl-client-side-apply", "Update", Data("a", "b")), Entry("helm", "Update", Data("h")), Entry("kube-controller", "Update", Data("k")), Entry("kubectl", "Update", """{"f:status":{}}""", subresource: "status"));
        var after = After(Patch(live, null)!, live);
        Assert.Equal(["fleet-agent", "kube-controller", "kubectl"], after.Select(e => e.Manager));
        Assert.Equal(["f:a", "f:b", "f:h"], after[0].Fields["f:data"]!.AsObject().Select(p => p.Key));
    }

    [Fact]
    public void Patch_OwnUpdates_AreFolded()
    {
        var live = Live(Entry("fleet-agent", "Apply", Data("a")), Entry("fleet-agent", "Update", Data("b")));
        Assert.Single(After(Patch(live, Known(Data("a")))!, live));
    }

    [Fact]
    public void Decide_Existing_FollowsProofThenPolicy()
    {
        var labelled = Live(Entry("fleet-agent", "Apply", Data("a")));
        Owner.Stamp(labelled.Json);
        var foreign = Live(Entry("helm", "Update", Data("a")));
        Assert.Equal(AdoptionOutcome.Ours, AdoptionRule.Decide(foreign, Owner, Known(Data("a")), AdoptPolicy.Never));
        Assert.Equal(AdoptionOutcome.Ours, AdoptionRule.Decide(labelled, Owner, null, AdoptPolicy.Never));
        Assert.Equal(AdoptionOutcome.HandOver, AdoptionRule.Decide(labelled, new("hub", "other"), null, AdoptPolicy.Never));
        Assert.Equal(AdoptionOutcome.Refuse, AdoptionRule.Decide(labelled, new("hub2", "a"), null, AdoptPolicy.Never));
        Assert.Equal(AdoptionOutcome.CompareFirst, AdoptionRule.Decide(foreign, Owner, null, AdoptPolicy.IfEqual));
        Assert.Equal(AdoptionOutcome.Adopt, AdoptionRule.Decide(foreign, Owner, null, AdoptPolicy.Always));
        // A copied label alone (a Service's EndpointSlices carry it) proves nothing.
        var copied = Live(Entry("controller", "Update", Data("a")));
        Owner.Stamp(copied.Json);
        Assert.Equal(AdoptionOutcome.Refuse, AdoptionRule.Decide(copied, Owner, null, AdoptPolicy.Never));
    }

    [Fact]
    public void AfterDryRun_EqualButForOurLabel_IsAdopted()
    {
        var live = Live(Entry("helm", "Update", Data("a")));
        var answer = live.Clone();
        Owner.Stamp(answer.Json);
        Assert.Equal(AdoptionOutcome.Adopt, AdoptionRule.AfterDryRun(live, answer));
        answer.Json["data"]!["a"] = "other";
        Assert.Equal(AdoptionOutcome.Refuse, AdoptionRule.AfterDryRun(live, answer));
        Assert.Equal(AdoptionOutcome.Refuse, AdoptionRule.AfterDryRun(live, null));
        Assert.Contains("written by helm, and differs", AdoptionRule.RefusalMessage(live, AdoptPolicy.IfEqual));
    }
}

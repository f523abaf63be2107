using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Tests.Health;

public sealed class HealthTests
{
    private const string Ok = """ "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1,"readyReplicas":1,"conditions":[{"type":"Available","status":"True"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]} """;

    public static TheoryData<string, string, string, HealthState, string> Cases => new()
    {
        { "apps/v1", "Deployment", $$""" "spec":{"replicas":1,"progressDeadlineSeconds":600},{{Ok}} """, HealthState.Current, "" },
        { "apps/v1", "Deployment", """ "spec":{} """, HealthState.Progressing, "not seen it" },
        { "apps/v1", "Deployment", """ "spec":{"replicas":1},"status":{} """, HealthState.Progressing, "not seen it" },
        { "apps/v1", "Deployment", $$""" "spec":{"replicas":3},{{Ok}} """, HealthState.Progressing, "1 of 3 pods created" },
        { "apps/v1", "Deployment", $$""" "spec":{"replicas":0},{{Ok}} """, HealthState.Progressing, "1 old pods are to go" },
        { "apps/v1", "Deployment", """ "spec":{"replicas":1,"paused":true} """, HealthState.Suspended, "paused" },
        { "apps/v1", "Deployment", """ "spec":{"replicas":1},"status":{"observedGeneration":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"timed out"}]} """, HealthState.Failed, "timed out" },
        { "apps/v1", "Deployment", """ "spec":{"replicas":1,"progressDeadlineSeconds":600},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1,"readyReplicas":1,"conditions":[{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated"}]} """, HealthState.Progressing, "ReplicaSetUpdated" },
        { "apps/v1", "Deployment", """ "spec":{"replicas":1},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1,"readyReplicas":1,"conditions":[{"type":"Available","status":"False","reason":"MinimumReplicasUnavailable"}]} """, HealthState.Progressing, "Minimum" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"} """, HealthState.Progressing, "1 of 2 pods updated" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"updatedReplicas":2,"currentRevision":"b","updateRevision":"b"} """, HealthState.Current, "" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":2,"updateStrategy":{"type":"OnDelete"}},"status":{"replicas":2,"readyReplicas":2,"currentRevision":"a","updateRevision":"b"} """, HealthState.Current, "" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}},"status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"} """, HealthState.Current, "" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":3,"updateStrategy":{"rollingUpdate":{"partition":1}}},"status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1} """, HealthState.Progressing, "1 of 2" },
        { "apps/v1", "StatefulSet", """ "spec":{"replicas":0},"status":{"replicas":0} """, HealthState.Current, "" },
        { "apps/v1", "DaemonSet", """ "status":{} """, HealthState.Progressing, "not seen" },
        { "apps/v1", "DaemonSet", """ "status":{"observedGeneration":1,"desiredNumberScheduled":0} """, HealthState.Current, "" },
        { "apps/v1", "DaemonSet", """ "status":{"observedGeneration":1,"desiredNumberScheduled":2,"currentNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":1,"numberReady":1} """, HealthState.Progressing, "1 of 2 pods available" },
        { "apps/v1", "DaemonSet", """ "spec":{"updateStrategy":{"type":"OnDelete"}},"status":{"observedGeneration":1,"desiredNumberScheduled":2,"currentNumberScheduled":2,"numberAvailable":2,"numberReady":2} """, HealthState.Current, "" },
        { "apps/v1", "ReplicaSet", """ "spec":{"replicas":1},"status":{"replicas":1,"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate"}]} """, HealthState.Progressing, "FailedCreate" },
        { "v1", "ReplicationController", """ "spec":{"replicas":1},"status":{"replicas":1,"fullyLabeledReplicas":1,"availableReplicas":1,"readyReplicas":1} """, HealthState.Current, "" },
        { "batch/v1", "Job", """ "status":{} """, HealthState.Progressing, "not started" },
        { "batch/v1", "Job", """ "status":{"startTime":"2026-01-01T00:00:00Z","active":1} """, HealthState.Progressing, "1 pods running" },
        { "batch/v1", "Job", """ "status":{"conditions":[{"type":"Complete","status":"True"}]} """, HealthState.Current, "" },
        { "batch/v1", "Job", """ "status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]} """, HealthState.Failed, "BackoffLimitExceeded" },
        { "batch/v1", "Job", """ "spec":{"suspend":true} """, HealthState.Suspended, "" },
        { "batch/v1", "CronJob", """ "spec":{"suspend":true} """, HealthState.Suspended, "" },
        { "batch/v1", "CronJob", """ "spec":{} """, HealthState.Current, "" },
        { "v1", "Pod", """ "status":{"phase":"Failed","reason":"Evicted"} """, HealthState.Failed, "Evicted" },
        { "v1", "Pod", """ "status":{"phase":"Succeeded"} """, HealthState.Current, "" },
        { "v1", "Pod", """ "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]} """, HealthState.Current, "" },
        { "v1", "Pod", """ "status":{"phase":"Running","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}}}]} """, HealthState.Failed, "container c: CrashLoopBackOff: back-off" },
        { "v1", "Pod", """ "status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"ErrImagePull"}}}]} """, HealthState.Failed, "ErrImagePull" },
        { "v1", "Pod", """ "status":{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ContainerCreating"}}}]} """, HealthState.Progressing, "Pending" },
        { "v1", "Pod", """ "status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","lastTransitionTime":"2026-01-02T03:04:00Z"}]} """, HealthState.Progressing, "Unschedulable" },
        { "v1", "Pod", """ "status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","lastTransitionTime":"2026-01-02T03:03:00Z"}]} """, HealthState.Failed, "Unschedulable" },
        { "v1", "PersistentVolumeClaim", """ "status":{"phase":"Pending"} """, HealthState.Progressing, "Pending" },
        { "v1", "PersistentVolumeClaim", """ "status":{"phase":"Bound"} """, HealthState.Current, "" },
        { "v1", "PersistentVolumeClaim", """ "status":{"phase":"Lost"} """, HealthState.Failed, "lost" },
        { "v1", "Service", """ "spec":{"type":"ClusterIP"},"status":{"loadBalancer":{}} """, HealthState.Current, "" },
        { "v1", "Service", """ "spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{}} """, HealthState.Progressing, "waits for an address" },
        { "v1", "Service", """ "spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}} """, HealthState.Current, "" },
        { "networking.k8s.io/v1", "Ingress", """ "status":{"loadBalancer":{}} """, HealthState.Progressing, "address" },
        { "v1", "Namespace", """ "status":{"phase":"Active"} """, HealthState.Current, "" },
        { "autoscaling/v2", "HorizontalPodAutoscaler", """ "status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric","message":"no metrics"}]} """, HealthState.Failed, "no metrics" },
        { "autoscaling/v2", "HorizontalPodAutoscaler", """ "status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"ScalingDisabled"}]} """, HealthState.Current, "" },
        { "policy/v1", "PodDisruptionBudget", """ "status":{"conditions":[{"type":"DisruptionAllowed","status":"False","reason":"InsufficientPods"}]} """, HealthState.Current, "" },
        { "policy/v1", "PodDisruptionBudget", """ "status":{"conditions":[{"type":"DisruptionAllowed","status":"False","reason":"SyncFailed"}]} """, HealthState.Failed, "SyncFailed" },
        { "apiextensions.k8s.io/v1", "CustomResourceDefinition", """ "status":{} """, HealthState.Progressing, "" },
        { "apiextensions.k8s.io/v1", "CustomResourceDefinition", """ "status":{"conditions":[{"type":"Established","status":"True"}]} """, HealthState.Current, "" },
        { "apiextensions.k8s.io/v1", "CustomResourceDefinition", """ "status":{"conditions":[{"type":"NamesAccepted","status":"False","reason":"ListKindConflict"}]} """, HealthState.Failed, "ListKindConflict" },
        { "apiregistration.k8s.io/v1", "APIService", """ "status":{"conditions":[{"type":"Available","status":"False","reason":"MissingEndpoints"}]} """, HealthState.Progressing, "MissingEndpoints" },
        { "v1", "ConfigMap", """ "data":{} """, HealthState.Current, "" },
        { "example.com/v1", "Widget", """ "spec":{} """, HealthState.Current, "" },
        { "example.com/v1", "Widget", """ "status":{"conditions":[{"type":"Ready","status":"False","message":"nearly"}]} """, HealthState.Progressing, "nearly" },
        { "example.com/v1", "Widget", """ "status":{"conditions":[{"type":"Ready","status":"True"}]} """, HealthState.Current, "" },
        { "example.com/v1", "Widget", """ "status":{"conditions":[{"type":"Healthy","status":"False","reason":"Sick"}]} """, HealthState.Progressing, "Sick" },
        { "example.com/v1", "Widget", """ "status":{"observedGeneration":0,"conditions":[{"type":"Ready","status":"True"}]} """, HealthState.Progressing, "generation 0 of 1" },
        { "example.com/v1", "Widget", """ "status":{"conditions":[{"type":"Stalled","status":"True","reason":"BadSpec"}]} """, HealthState.Failed, "BadSpec" },
        { "example.com/v1", "Widget", """ "status":{"conditions":[{"type":"Reconciling","status":"True","reason":"Busy"},{"type":"Ready","status":"True"}]} """, HealthState.Progressing, "Busy" },
        { "example.com/v1", "Widget", """ "status":"words","spec":[] """, HealthState.Current, "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_Object_IsJudged(string apiVersion, string kind, string rest, HealthState state, string words)
    {
        var health = HealthRules.Compute(Object(apiVersion, kind, rest), Kube.Now);
        Assert.Equal(state, health.State);
        Assert.Contains(words, health.Message);
    }

    [Fact]
    public void Compute_Terminating_NamesFinalizerAndAge()
    {
        var o = Kube.Of("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","deletionTimestamp":"2026-01-02T03:03:05Z","finalizers":["a/b"]}}""");
        var health = HealthRules.Compute(o, Kube.Now);
        Assert.Equal(HealthState.Terminating, health.State);
        Assert.Equal("it is being deleted since 60 s, held by the finalizer a/b", health.Message);
    }

    [Fact]
    public void Compute_NoLoadBalancer_TurnsIntoANoteAndBlocksNothing()
    {
        var o = Object("v1", "Service", """ "spec":{"type":"LoadBalancer"} """);
        var early = HealthRules.Compute(o, Kube.Now);
        Assert.Equal(Kube.Now.AddSeconds(-60) + TimeSpan.FromMinutes(2), early.LookAgainAt);
        var late = HealthRules.Compute(o, early.LookAgainAt!.Value);
        Assert.Equal(HealthState.Current, late.State);
        Assert.Contains("is there a load balancer", late.Message);
    }

    [Fact]
    public void IsDone_Job_OnlyAtItsEnd()
    {
        Assert.True(JobHealth.IsDone(Object("batch/v1", "Job", """ "status":{"conditions":[{"type":"Failed","status":"True"}]} """)));
        Assert.False(JobHealth.IsDone(Object("batch/v1", "Job", """ "status":{"active":1} """)));
        Assert.False(JobHealth.IsDone(Object("v1", "ConfigMap", """ "status":{"conditions":[{"type":"Complete","status":"True"}]} """)));
    }

    private static KubeObject Object(string apiVersion, string kind, string rest) => Kube.Of(
        $$"""{"apiVersion":"{{apiVersion}}","kind":"{{kind}}","metadata":{"name":"x","namespace":"ns","generation":1,"creationTimestamp":"2026-01-02T03:03:05Z"},{{rest}}}""");
}

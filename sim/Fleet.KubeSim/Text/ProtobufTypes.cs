namespace Fleet.KubeSim.Text;

/// <summary>
/// The field numbers of the kinds that kubectl's create and auth commands send as protocol buffers, from the published generated.proto files.
/// </summary>
/// <remarks>
/// A line is TYPE name=number:kind…; kinds are s (text), b (bytes), i (whole number), t (boolean), -(left out: the server sets it), [x] a list,
/// m[x] a map with text keys, or another type; * keeps a zero, since the field is a pointer in Go.
/// </remarks>
internal static class ProtobufTypes
{
    private const string Table = """
        ObjectMeta name=1:s generateName=2:s namespace=3:s selfLink=4:- uid=5:s resourceVersion=6:s generation=7:- creationTimestamp=8:- labels=11:m[s] annotations=12:m[s] ownerReferences=13:[OwnerReference] finalizers=14:[s]
        OwnerReference kind=1:s name=3:s uid=4:s apiVersion=5:s controller=6:t* blockOwnerDeletion=7:t*
        LabelSelector matchLabels=1:m[s]
        Namespace metadata=1:ObjectMeta spec=2:- status=3:-
        ConfigMap metadata=1:ObjectMeta data=2:m[s] binaryData=3:m[b] immutable=4:t*
        Secret metadata=1:ObjectMeta data=2:m[b] type=3:s stringData=4:m[s] immutable=5:t*
        ServiceAccount metadata=1:ObjectMeta automountServiceAccountToken=4:t*
        Role metadata=1:ObjectMeta rules=2:[PolicyRule]
        ClusterRole metadata=1:ObjectMeta rules=2:[PolicyRule] aggregationRule=3:AggregationRule
        AggregationRule clusterRoleSelectors=1:[LabelSelector]
        PolicyRule verbs=1:[s] apiGroups=2:[s] resources=3:[s] resourceNames=4:[s] nonResourceURLs=5:[s]
        RoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:RoleRef
        ClusterRoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:RoleRef
        Subject kind=1:s apiGroup=2:s name=3:s namespace=4:s
        RoleRef apiGroup=1:s kind=2:s name=3:s
        SelfSubjectAccessReview metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:-
        SelfSubjectAccessReviewSpec resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes
        ResourceAttributes namespace=1:s verb=2:s group=3:s version=4:s resource=5:s subresource=6:s name=7:s
        NonResourceAttributes path=1:s verb=2:s
        SelfSubjectRulesReview metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:-
        SelfSubjectRulesReviewSpec namespace=1:s
        SelfSubjectReview metadata=1:ObjectMeta status=2:-
        TokenRequest metadata=1:ObjectMeta spec=2:TokenRequestSpec status=3:-
        TokenRequestSpec audiences=1:[s] expirationSeconds=4:i*
        Deployment metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:-
        DeploymentSpec replicas=1:i* selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:i revisionHistoryLimit=6:i* paused=7:t progressDeadlineSeconds=9:i*
        DeploymentStrategy type=1:s
        PodTemplateSpec metadata=1:ObjectMeta spec=2:PodSpec
        PodSpec containers=2:[Container] restartPolicy=3:s terminationGracePeriodSeconds=4:i* dnsPolicy=6:s serviceAccountName=8:s serviceAccount=9:s nodeName=10:s hostNetwork=11:t hostPID=12:t hostIPC=13:t hostname=16:s subdomain=17:s schedulerName=19:s priorityClassName=24:s
        Container name=1:s image=2:s command=3:[s] args=4:[s] workingDir=5:s ports=6:[ContainerPort] env=7:[EnvVar] terminationMessagePath=13:s imagePullPolicy=14:s stdin=16:t stdinOnce=17:t tty=18:t terminationMessagePolicy=20:s
        ContainerPort name=1:s hostPort=2:i containerPort=3:i protocol=4:s hostIP=5:s
        EnvVar name=1:s value=2:s
        Job metadata=1:ObjectMeta spec=2:JobSpec status=3:-
        JobSpec parallelism=1:i* completions=2:i* activeDeadlineSeconds=3:i* backoffLimit=7:i* ttlSecondsAfterFinished=8:i* template=6:PodTemplateSpec
        CronJob metadata=1:ObjectMeta spec=2:CronJobSpec status=3:-
        CronJobSpec schedule=1:s concurrencyPolicy=3:s suspend=4:t* jobTemplate=5:JobTemplateSpec
        JobTemplateSpec metadata=1:ObjectMeta spec=2:JobSpec
        HorizontalPodAutoscaler metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:-
        HorizontalPodAutoscalerSpec scaleTargetRef=1:CrossVersionObjectReference minReplicas=2:i* maxReplicas=3:i targetCPUUtilizationPercentage=4:i*
        CrossVersionObjectReference kind=1:s name=2:s apiVersion=3:s
        Service metadata=1:ObjectMeta spec=2:ServiceSpec status=3:-
        ServiceSpec ports=1:[ServicePort] selector=2:m[s] clusterIP=3:s type=4:s sessionAffinity=7:s loadBalancerIP=8:s externalName=10:s externalTrafficPolicy=11:s healthCheckNodePort=12:i publishNotReadyAddresses=13:t
        ServicePort name=1:s protocol=2:s port=3:i targetPort=4:IntOrString nodePort=5:i
        """;

    private static readonly Dictionary<string, Dictionary<int, ProtobufField>> Types = Table.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => l.Trim().Split(' '))
        .ToDictionary(l => l[0], l => l[1..].Select(ProtobufField.Parse).ToDictionary(f => f.Number), StringComparer.Ordinal);

    public static IReadOnlyDictionary<int, ProtobufField>? Find(string type) => Types.GetValueOrDefault(type);
}

/// <summary>One field of a message.</summary>
internal sealed record ProtobufField(string Name, int Number, string Kind, bool KeepsZero)
{
    public static ProtobufField Parse(string text)
    {
        var (equals, colon) = (text.IndexOf('='), text.IndexOf(':'));
        var kind = text[(colon + 1)..];
        return new ProtobufField(
            text[..equals], int.Parse(text[(equals + 1)..colon], System.Globalization.CultureInfo.InvariantCulture), kind.TrimEnd('*'), kind.EndsWith('*'));
    }
}

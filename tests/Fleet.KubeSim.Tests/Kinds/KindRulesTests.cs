namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>The other built-in kinds; each table names the published file that its rules come from.</summary>
public sealed class KindRulesTests
{
    private const string Template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}";

    [Theory]
    // pkg/apis/apps/validation/validation.go
    [InlineData("apps/v1", "Deployment", "spec: {selector: {}, " + Template + "}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("apps/v1", "Deployment", "spec: {strategy: {type: Other}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.type: Unsupported value: {\"Type\":\"Other\",\"RollingUpdate\":null}: supported values: \"Recreate\", \"RollingUpdate\"")]
    [InlineData("apps/v1", "Deployment", "spec: {strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 0}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0")]
    [InlineData("apps/v1", "Deployment", "spec: {strategy: {rollingUpdate: {maxUnavailable: 150%}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"150%\": must not be greater than 100%")]
    [InlineData("apps/v1", "DaemonSet", "spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero")]
    [InlineData("apps/v1", "StatefulSet", "spec: {podManagementPolicy: Any, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'")]
    // pkg/apis/batch/validation/validation.go
    [InlineData("batch/v1", "CronJob", "spec: {schedule: '* * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}", "spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("batch/v1", "CronJob", "spec: {schedule: '61 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}", "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61")]
    [InlineData("batch/v1", "CronJob", "spec: {schedule: 'x * * * *', timeZone: Nowhere/None, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}", "spec.schedule: Invalid value: \"x * * * *\": failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax|spec.timeZone: Invalid value: \"Nowhere/None\": unknown time zone Nowhere/None")]
    [InlineData("batch/v1", "Job", "spec: {backoffLimitPerIndex: 1, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}", "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode")]
    // pkg/apis/core/validation/validation.go
    [InlineData("v1", "Service", "spec: {type: ClusterIP, ports: [{port: 80, nodePort: 30000}]}", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("v1", "Service", "spec: {ports: [{port: 80, name: a}, {port: 80, name: b}]}", "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}")]
    [InlineData("v1", "Service", "spec: {externalTrafficPolicy: Local, ports: [{port: 80}]}", "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services")]
    [InlineData("v1", "Service", "spec: {externalIPs: [127.0.0.1], ports: [{port: 80}]}", "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)")]
    [InlineData("v1", "Service", "spec: {type: Other, ports: [{port: 80}]}", "spec.type: Unsupported value: \"Other\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"")]
    [InlineData("v1", "PersistentVolumeClaim", "spec: {accessModes: [Any], resources: {requests: {storage: '0'}}}", "spec.accessModes: Unsupported value: \"Any\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"|spec.resources[storage]: Invalid value: \"0\": must be greater than zero")]
    [InlineData("v1", "PersistentVolume", "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}", "spec: Required value: must specify a volume type")]
    [InlineData("v1", "ResourceQuota", "spec: {hard: {pods: 1500m, nothing: '1'}}", "spec.hard[pods]: Invalid value: \"1500m\": must be an integer|spec.hard[nothing]: Invalid value: \"nothing\": must be a standard resource type or fully qualified")]
    [InlineData("v1", "LimitRange", "spec: {limits: [{type: Container, min: {cpu: '2'}, max: {cpu: '1'}}]}", "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1|spec.limits[0].defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1")]
    [InlineData("v1", "ReplicationController", "spec: {selector: {a: z}, " + Template + "}", "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`")]
    // pkg/apis/networking/validation/validation.go
    [InlineData("networking.k8s.io/v1", "Ingress", "spec: {rules: [{http: {paths: [{path: x, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}", "spec.rules[0].http.paths[0].path: Invalid value: \"x\": must be an absolute path")]
    [InlineData("networking.k8s.io/v1", "Ingress", "spec: {defaultBackend: {}}", "spec.defaultBackend: Invalid value: \"\": resource or service backend is required")]
    [InlineData("networking.k8s.io/v1", "Ingress", "spec: {}", "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified")]
    [InlineData("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}], ports: [{endPort: 5}]}]}", "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified|spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`")]
    [InlineData("networking.k8s.io/v1", "IngressClass", "spec: {controller: nodomain}", "spec.controller: Invalid value: \"nodomain\": must be a domain-prefixed path (such as \"acme.io/foo\")")]
    // pkg/apis/autoscaling/validation/validation.go
    [InlineData("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {minReplicas: 3, maxReplicas: 2, scaleTargetRef: {kind: D, name: d}}", "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`")]
    [InlineData("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: 2, scaleTargetRef: {kind: D, name: d}, behavior: {scaleUp: {policies: [{type: Pods, value: 0, periodSeconds: 1801}]}}}", "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero|spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800")]
    // pkg/apis/rbac/validation/validation.go
    [InlineData("rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef: {kind: Other, name: r}", "roleRef.kind: Unsupported value: \"Other\": supported values: \"Role\", \"ClusterRole\"")]
    [InlineData("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "roleRef: {kind: ClusterRole, name: r}, subjects: [{kind: ServiceAccount, name: s}]", "subjects[0].namespace: Required value")]
    // pkg/apis/coordination/validation/validation.go
    [InlineData("coordination.k8s.io/v1", "Lease", "spec: {leaseDurationSeconds: 0}", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0")]
    // pkg/apis/policy/validation/validation.go
    [InlineData("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 101%}", "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%")]
    public void Create_BadManifest_SaysWhatTheServerSays(string version, string kind, string fields, string expected)
    {
        var errors = Judged.Create($"{{apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, {fields}}}");
        foreach (var (want, got) in expected.Split('|').Zip(errors))
        {
            Assert.StartsWith(want, got, StringComparison.Ordinal);
        }

        Assert.True(errors.Length >= expected.Split('|').Length, string.Join('\n', errors));
    }

    [Theory]
    // staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
    [InlineData("ownerReferences: [{apiVersion: v1, kind: A, name: '', uid: u}]", "metadata.ownerReferences.name: Invalid value: \"\": must not be empty")]
    [InlineData("finalizers: [plain]", "metadata.finalizers[0]: Invalid value: \"plain\": name is neither a standard finalizer name nor is it fully qualified")]
    [InlineData("finalizers: [orphan, foregroundDeletion]", "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and foregroundDeletion cannot be both set")]
    [InlineData("labels: {a/b/c: d}", "metadata.labels: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    public void Create_BadMetadata_SaysWhatTheServerSays(string metadata, string expected) =>
        Assert.Equal([expected], Judged.Create($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x, {metadata}}}}}"));

    [Theory]
    // ValidateStatefulSetUpdate, ValidateDeploymentUpdate, ValidateIngressClassUpdate
    [InlineData("apps/v1", "Deployment", "spec: {selector: {matchLabels: {a: b}}, " + Template + "}", "spec: {selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: Exists}]}, " + Template + "}", "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}: field is immutable")]
    [InlineData("networking.k8s.io/v1", "IngressClass", "spec: {controller: example.com/a}", "spec: {controller: example.com/b}", "spec.controller: Invalid value: \"example.com/b\": field is immutable")]
    [InlineData("v1", "ResourceQuota", "spec: {scopes: [BestEffort]}", "spec: {scopes: [Terminating]}", "spec.scopes: Invalid value: [\"Terminating\"]: field is immutable")]
    public void Update_OfWhatIsImmutable_IsRefused(string version, string kind, string before, string after, string expected)
    {
        var head = $"apiVersion: {version}, kind: {kind}, metadata: {{name: x}}, ";
        Assert.Equal([expected], Judged.Update($"{{{head}{before}}}", $"{{{head}{after}}}"));
    }
}

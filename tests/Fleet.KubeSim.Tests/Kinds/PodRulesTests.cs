namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>Pods and templates against the rules of pkg/apis/core/validation/validation.go.</summary>
public sealed class PodRulesTests
{
    [Theory]
    // validateContainerPorts
    [InlineData("ports: [{containerPort: 0}]", "containers[0].ports[0].containerPort: Required value")]
    [InlineData("ports: [{containerPort: 80, name: UPPER}]", "containers[0].ports[0].name: Invalid value: \"UPPER\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)|containers[0].ports[0].name: Invalid value: \"UPPER\": must contain at least one letter (a-z)")]
    [InlineData("ports: [{containerPort: 80, name: web}, {containerPort: 81, name: web}]", "containers[0].ports[1].name: Duplicate value: \"web\"")]
    [InlineData("ports: [{containerPort: 80, protocol: HTTP}]", "containers[0].ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    // ValidateEnv, validateEnvVarValueFrom
    [InlineData("env: [{name: 'A=B'}]", "containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    [InlineData("env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", "containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty")]
    [InlineData("env: [{name: A, valueFrom: {secretKeyRef: {name: s}}}]", "containers[0].env[0].valueFrom.secretKeyRef.key: Required value")]
    [InlineData("env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.none}}}]", "containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.none\": error converting fieldPath: field label not supported: spec.none")]
    // ValidateEnvFrom names the list
    [InlineData("envFrom: [{prefix: A}]", "containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`")]
    // ValidateVolumeMounts
    [InlineData("volumeMounts: [{name: none, mountPath: /x}]", "containers[0].volumeMounts[0].name: Not found: \"none\"")]
    [InlineData("volumeMounts: [{name: v, mountPath: /x, subPath: ../up}]", "containers[0].volumeMounts.subPath: Invalid value: \"../up\": must not contain '..'")]
    [InlineData("volumeMounts: [{name: v, mountPath: /x}, {name: v, mountPath: /x}]", "containers[0].volumeMounts[1].mountPath: Invalid value: \"/x\": must be unique")]
    // validateProbe, validateHandler
    [InlineData("livenessProbe: {}", "containers[0].livenessProbe: Required value: must specify a handler type")]
    [InlineData("livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}", "containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type")]
    [InlineData("livenessProbe: {httpGet: {port: 70000}}", "containers[0].livenessProbe.httpGet.port: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    [InlineData("livenessProbe: {exec: {command: [a]}, successThreshold: 2}", "containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("readinessProbe: {exec: {command: [a]}, initialDelaySeconds: -1}", "containers[0].readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("lifecycle: {preStop: {sleep: {seconds: 31}}}", "containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)")]
    // validateResourceRequirements
    [InlineData("resources: {limits: {cpu: '1'}, requests: {cpu: '2'}}", "containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("resources: {requests: {cpus: '1'}}", "containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource type or fully qualified|containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource for containers")]
    [InlineData("resources: {requests: {cpu: '-1'}}", "containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("resources: {requests: {example.com/gpu: '1'}}", "containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources")]
    // validatePullPolicy, ValidateSecurityContext
    [InlineData("imagePullPolicy: Sometimes", "containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    [InlineData("securityContext: {runAsUser: -1}", "containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("securityContext: {seccompProfile: {type: Localhost}}", "containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost")]
    public void Create_BadContainer_SaysWhatTheServerSays(string fields, string expected) =>
        Assert.Equal(
            expected.Split('|').Select(e => "spec." + e),
            Judged.Create($"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{volumes: [{{name: v, emptyDir: {{}}}}], containers: [{{name: c, image: i, {fields}}}]}}}}"));

    [Theory]
    // ValidateVolumes, validateVolumeSource: a bad volume is no volume to mount
    [InlineData("volumes: [{name: v, secret: {}}]", "volumes[0].secret.secretName: Required value")]
    [InlineData("volumes: [{name: V_, emptyDir: {}}]", "volumes[0].name: Invalid value: \"V_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("volumes: [{name: a.b, emptyDir: {}}]", "volumes[0].name: Invalid value: \"a.b\": must not contain dots")]
    [InlineData("volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}]", "volumes[1].name: Duplicate value: \"v\"")]
    [InlineData("volumes: [{name: v, emptyDir: {}, configMap: {name: c}}]", "volumes[0].configMap: Forbidden: may not specify more than 1 volume type")]
    [InlineData("volumes: [{name: v, configMap: {name: c, items: [{key: k, path: /abs}]}}]", "volumes[0].configMap.items[0].path: Invalid value: \"/abs\": must be a relative path")]
    [InlineData("volumes: [{name: v, hostPath: {path: /x, type: Folder}}]", "volumes[0].hostPath.type: Unsupported value: \"Folder\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"")]
    // ValidatePodSpec
    [InlineData("restartPolicy: Maybe", "restartPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("dnsPolicy: None", "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None")]
    [InlineData("activeDeadlineSeconds: 0", "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive")]
    [InlineData("hostname: A", "hostname: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")]
    // ValidateTolerations, validateAffinity, validateTopologySpreadConstraints
    [InlineData("tolerations: [{operator: Equal}]", "tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"")]
    [InlineData("tolerations: [{key: a, operator: Like}]", "tolerations[0].operator: Unsupported value: \"Like\": supported values: \"Equal\", \"Exists\"")]
    [InlineData("topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]", "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero")]
    [InlineData("affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}", "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty|affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must be non-empty|affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    // validateInitContainers
    [InlineData("initContainers: [{name: c, image: i}]", "initContainers[0].name: Duplicate value: \"c\"")]
    [InlineData("initContainers: [{name: d, image: i, livenessProbe: {exec: {command: [a]}}}]", "initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    // ValidatePodCreate
    [InlineData("nodeName: node, schedulingGates: [{name: g}]", "nodeName: Forbidden: cannot be set until all schedulingGates have been cleared")]
    public void Create_BadSpec_SaysWhatTheServerSays(string fields, string expected) =>
        Assert.Equal(
            expected.Split('|').Select(e => "spec." + e),
            Judged.Create($"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: i}}], {fields}}}}}"));

    [Theory]
    // ValidatePodUpdate
    [InlineData("containers: [{name: c, image: i}, {name: d, image: i}]", "spec.containers: Forbidden: pod updates may not add or remove containers")]
    [InlineData("activeDeadlineSeconds: 20, containers: [{name: c, image: i}]", "spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value")]
    [InlineData("activeDeadlineSeconds: 10, tolerations: [], containers: [{name: c, image: i}]", "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds")]
    public void Update_OfWhatStays_IsForbidden(string fields, string expected) =>
        Assert.Equal(
            [expected],
            Judged.Update(
                "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {activeDeadlineSeconds: 10, tolerations: [{key: a, operator: Exists}], containers: [{name: c, image: i}]}}",
                $"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{(fields.Contains("tolerations", StringComparison.Ordinal) ? "" : "tolerations: [{key: a, operator: Exists}], ")}{fields}}}}}")
                .Where(e => !e.StartsWith("spec: ", StringComparison.Ordinal)));

    [Theory]
    // pkg/api/pod/warnings.go
    [InlineData("env: [{name: A, value: x}, {name: A, value: z}]", "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply")]
    [InlineData("ports: [{containerPort: 80}, {containerPort: 80}]", "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]")]
    [InlineData("resources: {limits: {memory: 100m}}", "spec.containers[0].resources.limits[memory]: fractional byte value \"100m\" is invalid, must be an integer|spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is invalid, must be an integer")]
    public void Create_DubiousContainer_Warns(string fields, string expected) =>
        Assert.Equal(expected.Split('|'), Judged.Warnings($"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: i, {fields}}}]}}}}"));
}

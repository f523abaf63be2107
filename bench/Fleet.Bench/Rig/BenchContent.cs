using System.Text;
using Fleet.Cli.Demo;

namespace Fleet.Bench.Rig;

/// <summary>Manifests of a made-up application, of any size, and the resources that send it to every cluster.</summary>
internal static class BenchContent
{
    public const string Namespace = "bench";
    public const string Assignment = "app";

    /// <summary>Every object is one file. All of them carry the version when it is given, so that a new one changes them all.</summary>
    public static void Write(GitRepository repository, int deployments, int services, int configMaps, int secrets, int accounts, string version)
    {
        Put(repository, "namespace", Header("v1", "Namespace", Namespace, version, namespaced: false));
        for (var i = 0; i < deployments; i++)
        {
            WriteDeployment(repository, i, version);
        }

        for (var i = 0; i < services; i++)
        {
            Put(repository, $"service-{i:000}", Header("v1", "Service", $"web-{i:000}", version) + $"""
                spec:
                  selector:
                    app: web-{i:000}
                  ports:
                    - name: http
                      port: 80
                      targetPort: 8080

                """);
        }

        for (var i = 0; i < configMaps; i++)
        {
            // About 1 KiB each, as settings files in real repositories are.
            Put(repository, $"configmap-{i:000}", Header("v1", "ConfigMap", $"settings-{i:000}", version) + $"""
                data:
                  version: "{version}"
                  application.properties: |
                {string.Join('\n', Enumerable.Range(0, 24).Select(n => $"    server.option-{n:00}.of.settings = value-{i:000}-{n:00}"))}

                """);
        }

        for (var i = 0; i < secrets; i++)
        {
            Put(repository, $"secret-{i:000}", Header("v1", "Secret", $"credentials-{i:000}", version) + $"""
                type: Opaque
                data:
                  password: {Convert.ToBase64String(Encoding.UTF8.GetBytes($"not-a-secret-{i:000}"))}

                """);
        }

        for (var i = 0; i < accounts; i++)
        {
            Put(repository, $"account-{i:000}", Header("v1", "ServiceAccount", $"runner-{i:000}", version));
        }
    }

    /// <summary>The 20 objects of an application of three services: a Namespace, and for each a Deployment of two replicas, a Service, an account, a Secret; with seven settings files.</summary>
    public static void WriteTwenty(GitRepository repository, string version) =>
        Write(repository, deployments: 3, services: 3, configMaps: 7, secrets: 3, accounts: 3, version);

    public static string DeploymentName(int index) => $"web-{index:000}";

    public static void WriteDeployment(GitRepository repository, int index, string version) =>
        Put(repository, $"deployment-{index:000}", Header("apps/v1", "Deployment", DeploymentName(index), version) + $"""
            spec:
              replicas: 2
              selector:
                matchLabels:
                  app: web-{index:000}
              template:
                metadata:
                  labels:
                    app: web-{index:000}
                spec:
                  containers:
                    - name: web
                      image: registry.example.com/bench/web:{version}
                      ports:
                        - containerPort: 8080
                          protocol: TCP
                      env:
                        - name: MODE
                          value: bench
                      resources:
                        requests:
                          cpu: 50m
                          memory: 64Mi

            """);

    public static string Resources(Uri repository, string pollInterval) => $$"""
        apiVersion: fleet/v1
        kind: GitSource
        metadata:
          name: bench
        spec:
          url: {{repository}}
          pollInterval: {{pollInterval}}
        ---
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata:
          name: all
        spec:
          selector: {}
        ---
        apiVersion: fleet/v1
        kind: Assignment
        metadata:
          name: {{Assignment}}
        spec:
          source: bench
          ref: main
          path: app
          groups: [all]

        """;

    private static void Put(GitRepository repository, string name, string text) => repository.Write($"app/{name}.yaml", text);

    private static string Header(string apiVersion, string kind, string name, string version, bool namespaced = true) =>
        $"apiVersion: {apiVersion}\nkind: {kind}\nmetadata:\n  name: {name}\n{(namespaced ? $"  namespace: {Namespace}\n" : "")}  annotations:\n    bench/version: \"{version}\"\n";
}

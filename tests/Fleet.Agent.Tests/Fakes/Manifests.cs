namespace Fleet.Agent.Tests.Fakes;

/// <summary>Manifests for tests.</summary>
internal static class Manifests
{
    public static string ConfigMap(string name, string value = "1", string ns = "default") =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {ns}\ndata:\n  key: \"{value}\"\n";

    public static string Namespace(string name) => $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n";

    public static string Deployment(string name, int replicas = 2, string ns = "default", string image = "nginx:1") => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{name}}
          namespace: {{ns}}
        spec:
          replicas: {{replicas}}
          selector:
            matchLabels: {app: {{name}}}
          template:
            metadata:
              labels: {app: {{name}}}
            spec:
              containers:
                - name: web
                  image: {{image}}
                  ports:
                    - containerPort: 80

        """;

    public static Dictionary<string, string> Files(params (string Path, string Text)[] files) => files.ToDictionary(f => f.Path, f => f.Text);
}

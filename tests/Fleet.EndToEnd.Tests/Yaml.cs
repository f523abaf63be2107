namespace Fleet.EndToEnd.Tests;

/// <summary>The resources and manifests that the tests write.</summary>
internal static class Yaml
{
    public static string Group(string name, string label) => $"""
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata: {"{"} name: {name} {"}"}
        spec:
          selector:
            matchLabels: {"{"} group: {label} {"}"}
        ---

        """;

    public static string Source(string name, Uri url, string extra = "") => $"""
        apiVersion: fleet/v1
        kind: GitSource
        metadata: {"{"} name: {name} {"}"}
        spec:
          url: {url}
          pollInterval: 1s
          {extra}
        ---

        """;

    public static string Assignment(string name, string source, string group, string path = "app", string extra = "") => $"""
        apiVersion: fleet/v1
        kind: Assignment
        metadata: {"{"} name: {name} {"}"}
        spec:
          source: {source}
          ref: main
          path: {path}
          groups: [{group}]
          {extra}
        ---

        """;

    public static string ConfigMap(string name, string value, string ns = "default") => $"""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {name}
          namespace: {ns}
        data:
          value: "{value}"

        """;

    public static string Deployment(string name, int replicas, string image = "registry.example.com/web:1", string ns = "default") => $"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {name}
          namespace: {ns}
        spec:
          replicas: {replicas}
          selector:
            matchLabels:
              app: {name}
          template:
            metadata:
              labels:
                app: {name}
            spec:
              containers:
                - name: main
                  image: {image}

        """;
}

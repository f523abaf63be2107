namespace Fleet.Cli.Demo;

/// <summary>What the demo's repository holds, and the resources that map it to the groups.</summary>
internal static class DemoContent
{
    public const string Namespace = "shop";

    public static string WebDeployment(string version, int replicas) => $"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: {Namespace}
          labels:
            app: web
        spec:
          replicas: {replicas}
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web
            spec:
              containers:
                - name: web
                  image: registry.example.com/shop/web:{version}
                  ports:
                    - containerPort: 8080
                  env:
                    - name: GREETING
                      valueFrom:
                        configMapKeyRef:
                          name: web
                          key: greeting

        """;

    public static void WriteTo(GitRepository repository)
    {
        repository.Write("apps/web/namespace.yaml", $"""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: {Namespace}

            """);
        repository.Write("apps/web/config.yaml", $"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: web
              namespace: {Namespace}
            data:
              greeting: hello

            """);
        repository.Write("apps/web/deployment.yaml", WebDeployment("1.0.0", 2));
        repository.Write("apps/web/service.yaml", $"""
            apiVersion: v1
            kind: Service
            metadata:
              name: web
              namespace: {Namespace}
            spec:
              selector:
                app: web
              ports:
                - port: 80
                  targetPort: 8080

            """);
        repository.Write("apps/preview/preview.yaml", """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: preview
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: preview
              namespace: preview
            spec:
              selector:
                matchLabels:
                  app: preview
              template:
                metadata:
                  labels:
                    app: preview
                spec:
                  containers:
                    - name: preview
                      image: registry.example.com/shop/preview:0.1.0

            """);
    }

    public static string Resources(Uri repository) => $$"""
        apiVersion: fleet/v1
        kind: GitSource
        metadata:
          name: shop
        spec:
          url: {{repository}}
          pollInterval: 1s
        ---
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata:
          name: staging
        spec:
          selector:
            matchLabels:
              env: staging
        ---
        apiVersion: fleet/v1
        kind: ClusterGroup
        metadata:
          name: production
        spec:
          selector:
            matchLabels:
              env: production
        ---
        apiVersion: fleet/v1
        kind: Assignment
        metadata:
          name: web
        spec:
          source: shop
          ref: main
          path: apps/web
          groups: [staging, production]
        ---
        apiVersion: fleet/v1
        kind: Assignment
        metadata:
          name: preview
        spec:
          source: shop
          ref: main
          path: apps/preview
          groups: [staging]

        """;
}

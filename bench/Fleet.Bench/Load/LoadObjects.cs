using System.Globalization;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>Objects as JSON, and the requests that write them.</summary>
internal static class LoadObjects
{
    public const string Namespace = "bench";
    private const string Core = "/api/v1/namespaces/bench";
    private const string ApplyOptions = "?fieldManager=fleet-bench&force=true&fieldValidation=Strict";

    public static ApiCall CreateNamespace() => new(HttpMethod.Post, "/api/v1/namespaces", Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}"""));

    public static ApiCall ApplyConfigMap(int index, string version) => Apply($"{Core}/configmaps/settings-{index:00000}", ConfigMap(index, version));

    public static ApiCall CreateConfigMap(int index, string version) => new(HttpMethod.Post, $"{Core}/configmaps?fieldManager=fleet-bench", Encoding.UTF8.GetBytes(ConfigMap(index, version)));

    public static ApiCall PatchConfigMap(int index, string version) => new(
        HttpMethod.Patch,
        $"{Core}/configmaps/settings-{index:00000}?fieldManager=fleet-bench",
        Encoding.UTF8.GetBytes(Text("""{"data":{"version":"@version"}}""", index, version)),
        "application/merge-patch+json");

    public static ApiCall GetConfigMap(int index) => new(HttpMethod.Get, $"{Core}/configmaps/settings-{index:00000}");

    public static ApiCall DeleteConfigMap(int index) => new(HttpMethod.Delete, $"{Core}/configmaps/settings-{index:00000}");

    public static ApiCall ListConfigMaps(int limit) => new(HttpMethod.Get, $"{Core}/configmaps?limit={limit.ToString(CultureInfo.InvariantCulture)}");

    public static ApiCall WatchConfigMaps() => new(HttpMethod.Get, $"{Core}/configmaps?watch=true&timeoutSeconds=600");

    /// <summary>
    /// What a client applies so that 500 objects stand in the end: 30 Deployments of 2 replicas each bring a ReplicaSet and 2 Pods, 30 Services an EndpointSlice each.
    /// </summary>
    public static IReadOnlyList<ApiCall> FiveHundred() =>
    [
        .. Enumerable.Range(0, 30).Select(i => Apply($"/apis/apps/v1/namespaces/{Namespace}/deployments/web-{i:000}", Deployment(i))),
        .. Enumerable.Range(0, 30).Select(i => Apply($"{Core}/services/web-{i:000}", Service(i))),
        .. Enumerable.Range(0, 50).Select(i => Apply($"{Core}/secrets/credentials-{i:000}", Secret(i))),
        .. Enumerable.Range(0, 29).Select(i => Apply($"{Core}/serviceaccounts/runner-{i:000}", Account(i))),
        .. Enumerable.Range(0, 241).Select(i => ApplyConfigMap(i, "1.0.0")),
    ];

    private static ApiCall Apply(string path, string body) => new(HttpMethod.Patch, path + ApplyOptions, Encoding.UTF8.GetBytes(body), "application/apply-patch+yaml");

    /// <summary>About 1 KiB, as settings files in real repositories are.</summary>
    private static string ConfigMap(int index, string version) => Text(
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings-@long","namespace":"bench","labels":{"app.kubernetes.io/name":"settings"},"annotations":{"bench/version":"@version"}},"data":{"version":"@version","application.properties":"@lines"}}""",
        index,
        version);

    private static string Secret(int index) => Text("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"credentials-@index","namespace":"bench"},"type":"Opaque","data":{"password":"bm90LWEtc2VjcmV0"}}""", index);

    private static string Account(int index) => Text("""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"runner-@index","namespace":"bench"}}""", index);

    private static string Service(int index) => Text(
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"web-@index","namespace":"bench"},"spec":{"selector":{"app":"web-@index"},"ports":[{"name":"http","port":80,"targetPort":8080}]}}""",
        index);

    private static string Deployment(int index) => Text(
        """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web-@index","namespace":"bench","labels":{"app":"web-@index"}},
         "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web-@index"}},"template":{"metadata":{"labels":{"app":"web-@index"}},
          "spec":{"containers":[{"name":"web","image":"registry.example.com/bench/web:1.0.0","ports":[{"containerPort":8080,"protocol":"TCP"}],
           "env":[{"name":"MODE","value":"bench"}],"resources":{"requests":{"cpu":"50m","memory":"64Mi"}}}]}}}}
        """,
        index);

    private static string Text(string template, int index, string version = "") => template
        .Replace("@index", index.ToString("000", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("@lines", string.Concat(Enumerable.Range(0, 20).Select(n => $"server.option-{n:00}.of.settings = value-@long-{n:00}\\n")), StringComparison.Ordinal)
        .Replace("@long", index.ToString("00000", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("@version", version, StringComparison.Ordinal);
}

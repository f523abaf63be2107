namespace Fleet.KubeSim.Tests.Serving;

public class SelectorTests
{
    [Theory]
    [InlineData("/api/v1/pods", "spec.nodeName%3Dn,spec.hostNetwork!%3Dtrue,status.podIPs%3D", 200, "")]
    [InlineData("/api/v1/pods", "spec.x%3Dn", 400, "field label not supported: spec.x")]
    [InlineData("/api/v1/nodes", "metadata.namespace%3Dn", 400, "field label not supported: metadata.namespace")]
    [InlineData("/api/v1/persistentvolumes", "metadata.namespace%3Dn", 200, "")]
    [InlineData("/api/v1/services", "spec.type%3DClusterIP", 200, "")]
    [InlineData("/apis/batch/v1/jobs", "status.successful%3D0", 200, "")]
    [InlineData("/apis/batch/v1/jobs", "spec.x%3D0", 400, "field label \"spec.x\" not supported for Job")]
    [InlineData("/apis/apps/v1/deployments", "spec.replicas%3D0", 400, "\"spec.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    [InlineData("/api/v1/configmaps", "metadata.name", 400, "invalid selector: 'metadata.name'; can't understand 'metadata.name'")]
    [InlineData("/api/v1/configmaps", "metadata.name%3Da%3Db", 400, "unescaped character in field selector value: =")]
    [InlineData("/api/v1/configmaps", "metadata.name%3Da%5Cb", 400, "invalid escape sequence: \\b")]
    public async Task FieldSelector_ByKind_AcceptedOrRefusedAsWorded(string path, string selector, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        var (status, body) = await api.GetAsync($"{path}?fieldSelector={selector}");
        Assert.Equal(expected, status);
        Assert.Equal(message, (string?)body["message"] ?? "");
    }

    [Theory]
    [InlineData("bad key%3Da", "unable to parse requirement: found 'key', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a%2Fb%2Fc%3Dd", "unable to parse requirement: key: Invalid value: \"a/b/c\": a valid label key must consist of")]
    [InlineData("a%3D-b", "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of")]
    [InlineData("a%3Eb", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("a,", "found '', expected: identifier after ','")]
    public async Task LabelSelector_Bad_RefusedAsWorded(string selector, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        var (status, body) = await api.GetAsync($"/api/v1/configmaps?labelSelector={selector}");
        Assert.Equal(400, status);
        Assert.StartsWith(message, (string?)body["message"], StringComparison.Ordinal);
    }
}

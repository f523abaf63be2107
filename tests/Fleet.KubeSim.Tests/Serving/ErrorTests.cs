namespace Fleet.KubeSim.Tests.Serving;

public class ErrorTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    public async Task DeleteNamespace_OneThatMustBe_Forbidden(string ns)
    {
        await using var api = await SimulatedApi.StartAsync();
        var (status, body) = await api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}");
        Assert.Equal((403, $"namespaces \"{ns}\" is forbidden: this namespace may not be deleted"), (status, (string?)body["message"]));
    }

    [Theory]
    [InlineData("{", 500, "couldn't get version/kind; json parse error: unexpected end of JSON input")]
    [InlineData("""{"kind":"Pod","apiVersion":"v1"}""", 500, "decoded object cannot be converted to DeleteOptions")]
    [InlineData("""{"kind":"DeleteOptions","dryRun":["Some"]}""", 422, "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"")]
    public async Task Delete_BadBody_RefusedAsWorded(string text, int expected, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        var (status, body) = await api.SendAsync(HttpMethod.Delete, $"{ConfigMaps}/cm", text);
        Assert.Equal((expected, message), (status, (string?)body["message"]));
    }

    [Fact]
    public async Task Delete_BadGracePeriodInTheQuery_BadRequest()
    {
        await using var api = await SimulatedApi.StartAsync();
        await api.ApplyAsync($"{ConfigMaps}/cm", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}");
        var (status, body) = await api.SendAsync(HttpMethod.Delete, $"{ConfigMaps}/cm?gracePeriodSeconds=soon");
        Assert.Equal((400, "strconv.ParseInt: parsing \"soon\": invalid syntax"), (status, (string?)body["message"]));
    }

    [Theory]
    [InlineData("application/xml", "", "406: Not Acceptable")]
    [InlineData("application/json;as=Nothing;v=v1;g=meta.k8s.io", "", "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf")]
    [InlineData("application/json;as=Table;v=v9;g=meta.k8s.io", "", "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf")]
    [InlineData("application/yaml", "?watch=1", "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch")]
    public async Task Accept_NothingThatFits_NotAcceptable(string accept, string query, string message)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        using var response = await api.Http.GetAsync(ConfigMaps + query);
        Assert.Equal(406, (int)response.StatusCode);
        Assert.Contains(message, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json;as=Table;v=v9;g=meta.k8s.io, application/json", "ConfigMapList")]
    [InlineData("application/vnd.kubernetes.protobuf, application/json;as=Table;v=v1;g=meta.k8s.io, application/json", "Table")]
    [InlineData("*/*", "ConfigMapList")]
    public async Task Accept_List_TheFirstThatFits(string accept, string expected)
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        Assert.Equal(expected, (string?)(await api.GetAsync(ConfigMaps)).Body["kind"]);
    }

    [Fact]
    public async Task Refusal_YamlAccepted_StatusAsYaml()
    {
        await using var api = await SimulatedApi.StartAsync();
        api.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/yaml");
        using var response = await api.Http.GetAsync($"{ConfigMaps}/none");
        Assert.Equal("application/yaml", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("apiVersion: v1\ncode: 404\ndetails:\n  kind: configmaps\n  name: none\nkind: Status\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_Read_DeprecationWarning()
    {
        await using var api = await SimulatedApi.StartAsync();
        using var response = await api.Http.GetAsync("/api/v1/endpoints");
        Assert.Contains("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", response.Headers.GetValues("Warning").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/configmaps/x/y", 404, "the server could not find the requested resource")]
    [InlineData("/api/v2/pods", 404, "the server could not find the requested resource")]
    [InlineData("/apis/apps/v1/pods", 404, "the server could not find the requested resource")]
    [InlineData("/apis/apps/v9/deployments", 404, "the server could not find the requested resource")]
    [InlineData("/apis/none.example.com/v1/things", 404, null)]
    public async Task Get_UnknownPlace_StatusFromAGroupElsePlainText(string path, int expected, string? message)
    {
        await using var api = await SimulatedApi.StartAsync();
        var (status, body) = await api.GetAsync(path);
        Assert.Equal(expected, status);
        Assert.Equal(message, (string?)body["message"]);
    }

    [Fact]
    public async Task Put_KindThatDemandsAVersion_RefusedWithoutOne()
    {
        await using var api = await SimulatedApi.StartAsync();
        const string lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
        var (created, _) = await api.SendAsync(HttpMethod.Put, lease, """{"metadata":{"name":"l"},"spec":{"holderIdentity":"a"}}""");
        var (status, body) = await api.SendAsync(HttpMethod.Put, lease, """{"metadata":{"name":"l"},"spec":{"holderIdentity":"b"}}""");

        Assert.Equal(201, created);
        Assert.Equal(422, status);
        Assert.Equal("leases.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update", (string?)body["message"]);
        Assert.Equal("leases", (string?)body["details"]!["kind"]);
    }

    [Fact]
    public async Task Put_KindThatCannotBeCreatedSo_NotFound()
    {
        await using var api = await SimulatedApi.StartAsync();
        Assert.Equal(404, (await api.SendAsync(HttpMethod.Put, $"{ConfigMaps}/none", """{"metadata":{"name":"none"}}""")).Status);
    }
}

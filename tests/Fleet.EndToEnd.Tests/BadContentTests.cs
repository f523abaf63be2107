using Fleet.KubeSim.Faults;

namespace Fleet.EndToEnd.Tests;

/// <summary>Bad content: each gives a lasting, visible state with a reason and a next step, costs its neighbour nothing, and clears itself once mended.</summary>
public sealed class BadContentTests : IAsyncLifetime
{
    private TestFleet _fleet = null!;
    private TestGit _git = null!;
    private TestGit _good = null!;

    public async Task InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync();
        _git = _fleet.Repository("bad");
        _good = _fleet.Repository("good");
        _good.Write("app/a.yaml", Yaml.ConfigMap("good", "1")).Push();
        await _fleet.AddClusterAsync("one", ("group", "a"));
        await _fleet.ApplyAsync(Yaml.Group("a", "a") + Yaml.Source("good", _good.Url) + Yaml.Assignment("good", "good", "a"));
        await _fleet.ReadyAsync("good");
    }

    public Task DisposeAsync() => _fleet.DisposeAsync().AsTask();

    [Fact]
    public async Task Yaml_Broken_IsNamedWithFileAndLine()
    {
        _git.Write("app/x.yaml", "a: [1, 2\nb: }\n").Push();
        await AssignAsync();
        await ReportedAsync("Stalled", "x.yaml:");
        await MendedAsync("app/x.yaml");
    }

    [Fact]
    public async Task Yaml_AliasBomb_IsRefused()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 10).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        _git.Write("app/x.yaml", bomb).Push();
        await AssignAsync();
        await ReportedAsync("Stalled", "x.yaml");
        await MendedAsync("app/x.yaml");
    }

    [Fact]
    public async Task Duplicate_Objects_AreNamedWithBothFiles()
    {
        _git.Write("app/x.yaml", Yaml.ConfigMap("same", "1")).Write("app/y.yaml", Yaml.ConfigMap("same", "2")).Push();
        await AssignAsync();
        var message = await ReportedAsync("Stalled", "same");
        Assert.Contains("x.yaml", message, StringComparison.Ordinal);
        Assert.Contains("y.yaml", message, StringComparison.Ordinal);
        Assert.Null(await _fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "same"));
        _git.Remove("app/y.yaml");
        await MendedAsync("app/x.yaml");
    }

    [Fact]
    public async Task Directory_OfNoManifests_RemovesNothing()
    {
        _git.Write("app/x.yaml", Yaml.ConfigMap("x", "1")).Push();
        await AssignAsync();
        await _fleet.ReadyAsync("bad");
        _git.Remove("app/x.yaml").Write("app/README.md", "nothing here").Push();
        await _fleet.EventuallyAsync("held", async () =>
        {
            var report = await _fleet.ReportAsync("bad", "one");
            return report?.Status.Objects?.Held > 0 || report?.Status.HeldPrunes.Count > 0 ? null : $"{report?.Status}";
        });
        Assert.NotNull(await _fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "x"));
        await MendedAsync("app/x.yaml");
    }

    [Fact]
    public async Task Kind_Unknown_WaitsAndGoesOnOnceItIsThere()
    {
        _git.Write("app/x.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: 1\n").Write("app/ok.yaml", Yaml.ConfigMap("beside", "1")).Push();
        await AssignAsync();
        await ReportedAsync(null, "Widget");
        // Each object stands for itself.
        await _fleet.EventuallyAsync("the other object", async () => await _fleet.LiveAsync("one", MainJobTests.ConfigMap, "default", "beside") is null ? "missing" : null);
        var second = _git.Write("app/crd.yaml", Crd).Push();
        await _fleet.ReadyAsync("bad", second);
    }

    [Fact]
    public async Task Crd_AndItsObject_InOneCommit()
    {
        var commit = _git.Write("app/a-object.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: 1\n").Write("app/z-crd.yaml", Crd).Push();
        await AssignAsync();
        await _fleet.ReadyAsync("bad", commit);
    }

    [Fact]
    public async Task Namespace_Missing_WaitsUntilItIsThere()
    {
        _git.Write("app/x.yaml", Yaml.ConfigMap("x", "1", "nowhere")).Push();
        await AssignAsync();
        await ReportedAsync(null, "nowhere");
        var second = _git.Write("app/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nowhere\n").Push();
        await _fleet.ReadyAsync("bad", second);
    }

    [Theory]
    [InlineData(500, null)]
    [InlineData(429, 1)]
    public async Task ApiServer_AnswersBadly_IsTriedAgain(int status, int? retryAfter)
    {
        var rule = new FaultRule { Name = "bad-answers", Action = FaultAction.Fail, Resource = "configmaps", ObjectName = "x", Verb = "patch", Status = status, RetryAfter = retryAfter, Count = null };
        _fleet.Clusters["one"].Faults.Add(rule);
        var commit = _git.Write("app/x.yaml", Yaml.ConfigMap("x", "1")).Push();
        await AssignAsync();
        await ReportedAsync(null, "x");
        _fleet.Clusters["one"].Faults.Remove(rule.Name);
        await _fleet.ReadyAsync("bad", commit);
    }

    private const string Crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: widgets.example.com
        spec:
          group: example.com
          scope: Namespaced
          names: { plural: widgets, singular: widget, kind: Widget, listKind: WidgetList }
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec:
                      type: object
                      properties:
                        size: { type: integer }

        """;

    private Task AssignAsync() => _fleet.ApplyAsync(Yaml.Source("bad", _git.Url) + Yaml.Assignment("bad", "bad", "a"));

    /// <summary>Waits for the state and returns all its words; the good neighbour still takes commits meanwhile.</summary>
    private async Task<string> ReportedAsync(string? phase, string named)
    {
        var words = "";
        await _fleet.EventuallyAsync($"a report that names {named}", async () =>
        {
            var status = (await _fleet.ReportAsync("bad", "one"))?.Status;
            words = $"{status?.Phase} {status?.Message} {status?.Error?.Reason} {status?.Error?.Message} {string.Join(' ', status?.Resources.Select(r => $"{r.Kind} {r.Namespace}/{r.Name} {r.Message}") ?? [])}";
            return (phase is null || status?.Phase == phase) && status?.Phase != "Ready" && words.Contains(named, StringComparison.Ordinal) ? null : words;
        });
        var commit = _good.Write("app/a.yaml", Yaml.ConfigMap("good", Guid.NewGuid().ToString("N"))).Push();
        await _fleet.ReadyAsync("good", commit);
        return words;
    }

    private async Task MendedAsync(string path)
    {
        var commit = _git.Write(path, Yaml.ConfigMap("mended", "1")).Push();
        await _fleet.ReadyAsync("bad", commit);
    }
}

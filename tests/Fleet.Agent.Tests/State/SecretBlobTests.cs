using System.Text;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;
using Fleet.Agent.State;
using Fleet.KubeSim.Faults;
using Fleet.KubeSim.Hosting;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Agent.Tests.State;

/// <summary>The agent's own state in Secrets: whole or as it was, wherever a write ends; damage is seen and never taken for emptiness.</summary>
public sealed class SecretBlobTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Name = "fleet-agent-state-test";
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-blob-test-").FullName;
    private KubeSimHost _sim = null!;
    private KubeApi _api = null!;
    private SecretFiles _files = null!;

    private SimulatedCluster Cluster => _sim.Clusters[0];

    public async Task InitializeAsync()
    {
        _sim = await KubeSimHost.StartAsync(new() { Clusters = [new() { Name = "one" }] });
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        Cluster.WriteKubeconfig(kubeconfig);
        _api = new(Kubeconfig.Load([kubeconfig], "", TimeProvider.System), new(), TimeProvider.System);
        _files = new(_api, "fleet-system");
        Assert.Null(await _files.EnsureNamespaceAsync(default));
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _sim.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Each time a new agent: it knows nothing but what is stored.</summary>
    private SecretBlob Blob() => new(_files, Name, _ => Task.FromResult<Fleet.Agent.Kube.KubeResult<bool>>(true));

    private async Task<byte[]?> ReadAsync()
    {
        var read = await Blob().ReadAsync(default);
        Assert.True(read.IsOk, read.Error?.ToString());
        return read.Value.Bytes;
    }

    private async Task<SecretBlob> OpenAsync()
    {
        var blob = Blob();
        Assert.True((await blob.ReadAsync(default)).IsOk);
        return blob;
    }

    private List<string> Secrets() => [.. Cluster.Store.List("v1", "Secret", "fleet-system").Select(s => (string)s["metadata"]!["name"]!).Where(n => n.StartsWith(Name, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Does not compress, so that it takes this many parts.</summary>
    private static byte[] Noise(int parts, int seed)
    {
        var bytes = new byte[((parts - 1) * InventoryChunks.MaxChunk) + 1000];
        TestSeed.For(nameof(SecretBlobTests), seed).Random().NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(2, 4)]
    public async Task Write_EndsAnywhere_LeavesTheOldOrTheNew(int before, int after)
    {
        var (old, next) = (Noise(before, 1), Noise(after, 2));
        Assert.True((await (await OpenAsync()).WriteAsync(old, default)).IsOk);
        for (var n = 1; n <= after + 1; n++)
        {
            foreach (var effective in new[] { false, true })
            {
                var writes = 0;
                Cluster.Faults.Add(new() { Name = "crash", Action = FaultAction.Disconnect, AfterWork = effective, Count = null, When = r => r.IsWrite && r.Resource == "secrets" && Interlocked.Increment(ref writes) >= n });
                await (await OpenAsync()).WriteAsync(next, default);
                Cluster.Faults.Remove("crash");
                var found = await ReadAsync();
                Assert.True(found.AsSpan().SequenceEqual(old) || found.AsSpan().SequenceEqual(next), $"write {n}: neither the old nor the new");
                // The next write succeeds from there, and what it leaves is one generation.
                Assert.True((await (await OpenAsync()).WriteAsync(next, default)).IsOk);
                Assert.Equal(next, await ReadAsync());
                Assert.Equal(1 + (after == 1 ? 0 : after), Secrets().Count);
                Assert.True((await (await OpenAsync()).WriteAsync(old, default)).IsOk);
                Assert.Equal(1 + (before == 1 ? 0 : before), Secrets().Count);
            }
        }
    }

    [Fact]
    public async Task Write_ManyInARow_NeverLeaveOldGenerations()
    {
        var random = TestSeed.For(output.WriteLine).Random();
#pragma warning disable CA5394
        for (var i = 0; i < 12; i++)
        {
            var parts = random.Next(1, 5);
            var bytes = Noise(parts, i);
            Assert.True((await (await OpenAsync()).WriteAsync(bytes, default)).IsOk);
            Assert.Equal(bytes, await ReadAsync());
            Assert.Equal(1 + (parts == 1 ? 0 : parts), Secrets().Count);
        }
#pragma warning restore CA5394
        Assert.All(Cluster.Store.List("v1", "Secret", "fleet-system"), s => Assert.True(s["data"]!.AsObject().Sum(d => Convert.FromBase64String((string)d.Value!).Length) <= (900 << 10) + 200));
    }

    [Fact]
    public async Task Read_PartMissing_IsDamageAndNotEmptiness()
    {
        Assert.True((await (await OpenAsync()).WriteAsync(Noise(3, 1), default)).IsOk);
        Cluster.Store.Delete("v1", "Secret", "fleet-system", Secrets()[^1]);
        await AssertDamagedAsync("missing");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Read_PartCorrupt_IsDamageAndNotEmptiness(int parts)
    {
        Assert.True((await (await OpenAsync()).WriteAsync(Noise(parts, 1), default)).IsOk);
        Cluster.Store.Change("v1", "Secret", "fleet-system", Secrets()[^1], s =>
        {
            var bytes = Convert.FromBase64String((string)s["data"]!["body"]!);
            bytes[bytes.Length / 2] ^= 0x55;
            s["data"]!["body"] = Convert.ToBase64String(bytes);
        }, "somebody");
        await AssertDamagedAsync("");
    }

    [Fact]
    public async Task Read_HeadFromAnOldBackup_IsTheOldOneWholeOrDamage()
    {
        var old = Encoding.UTF8.GetBytes("small, in the head itself");
        Assert.True((await (await OpenAsync()).WriteAsync(old, default)).IsOk);
        var backup = Cluster.Store.Get("v1", "Secret", "fleet-system", Name)!["data"]!.ToJsonString();
        Assert.True((await (await OpenAsync()).WriteAsync(Noise(3, 1), default)).IsOk);
        var pointer = Cluster.Store.Get("v1", "Secret", "fleet-system", Name)!["data"]!.ToJsonString();
        void Restore(string data) => Cluster.Store.Change("v1", "Secret", "fleet-system", Name, s => s["data"] = System.Text.Json.Nodes.JsonNode.Parse(data), "backup");
        Restore(backup);
        Assert.Equal(old, await ReadAsync());
        // And one whose parts were replaced since: never a mixture.
        Assert.True((await (await OpenAsync()).WriteAsync(Noise(2, 2), default)).IsOk);
        Assert.True((await (await OpenAsync()).WriteAsync(Noise(2, 3), default)).IsOk);
        Restore(pointer);
        await AssertDamagedAsync("");
        // What is damaged can be written over.
        var blob = Blob();
        await blob.ReadAsync(default);
        Assert.True((await blob.WriteAsync(old, default)).IsOk);
        Assert.Equal(old, await ReadAsync());
    }

    private async Task AssertDamagedAsync(string how)
    {
        var read = await Blob().ReadAsync(default);
        Assert.False(read.IsOk);
        Assert.Equal(KubeFailure.Unreadable, read.Error.Failure);
        Assert.Contains("damaged", read.Error.Message, StringComparison.Ordinal);
        Assert.Contains(how, read.Error.Message, StringComparison.Ordinal);
    }
}

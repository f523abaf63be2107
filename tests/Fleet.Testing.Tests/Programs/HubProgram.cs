using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Testing.Programs;

namespace Fleet.Testing.Tests.Programs;

/// <summary>fleet-hub in a process of its own, spoken to over REST.</summary>
internal sealed class HubProgram : IAsyncDisposable
{
    private readonly HttpClient _http;

    private HubProgram(ChildProgram program, HttpClient http) => (Program, _http) = (program, http);

    public ChildProgram Program { get; }

    public static async Task<HubProgram> StartAsync(string data, params string[] arguments)
    {
        var program = await ChildProgram.StartAsync("fleet-hub", ["--data", data, "--listen", "127.0.0.1:0", "--agents-listen", "127.0.0.1:0", .. arguments]);
        var ready = await program.Output.LineAsync("fleet-hub ready");
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(data, "ca.pem")));
        var address = new Uri(ready.Split(' ').Single(p => p.StartsWith("api=", StringComparison.Ordinal))["api=".Length..]);
        var http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(data, "admin.key"))).Trim());
        return new(program, http);
    }

    /// <summary>Declares a GitSource whose annotation makes it as large as wanted.</summary>
    public async Task<(int Status, string Body)> ApplySourceAsync(string name, int bytes = 10)
    {
        var yaml = $"apiVersion: fleet/v1\nkind: GitSource\nmetadata: {{name: {name}, annotations: {{note: \"{new string('x', bytes)}\"}}}}\nspec: {{url: \"https://git.invalid/{name}.git\"}}\n";
        using var answer = await _http.PostAsync("/api/v1/apply", new StringContent(yaml, Encoding.UTF8, "application/yaml"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<bool> HasSourceAsync(string name) => (await GetAsync($"/api/v1/gitsources/{name}")).Status == 200;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Program.DisposeAsync();
    }
}

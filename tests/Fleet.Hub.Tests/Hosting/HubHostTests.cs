using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Hosting;
using Fleet.V1;

namespace Fleet.Hub.Tests.Hosting;

public sealed class HubHostTests
{
    [Fact]
    public async Task Start_Twice_SameIdentityAndNoSecondAdminKey()
    {
        var folder = TestHub.NewFolder();
        try
        {
            string id, pem, key;
            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                Assert.NotNull(hub.Host.AdminKey);
                id = (await hub.Api.GetVersionAsync(new GetVersionRequest())).HubId;
                (pem, key) = (hub.Host.CaPem, hub.AdminKey);
                Assert.Equal(pem, await File.ReadAllTextAsync(Path.Combine(folder, "ca.pem")));
                if (!OperatingSystem.IsWindows())
                {
                    Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "admin.key")));
                    Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "master.key")));
                }
            }

            await using (var hub = await TestHub.StartAsync(folder: folder))
            {
                Assert.Null(hub.Host.AdminKey);
                Assert.Equal(pem, hub.Host.CaPem);
                Assert.Equal(id, (await hub.Client(key).GetVersionAsync(new GetVersionRequest())).HubId);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Start_OtherMasterKey_RefusesAndNamesTheKeyItLacks()
    {
        var folder = TestHub.NewFolder();
        try
        {
            await using (await TestHub.StartAsync(folder: folder))
            {
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "master.key"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            var e = await Assert.ThrowsAsync<HubStartException>(() => TestHub.StartAsync(folder: folder));
            Assert.Matches("master key [0-9a-f]{16} is needed", e.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Start_PortTaken_SaysWhichOptionToChange()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var folder = TestHub.NewFolder();
        try
        {
            var e = await Assert.ThrowsAsync<HubStartException>(() => HubHost.StartAsync(TestHub.Options(folder) with { Listen = (IPEndPoint)taken.LocalEndpoint }));
            Assert.Contains("--listen", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Start_SecondHubOnOneFolder_Refused()
    {
        await using var hub = await TestHub.StartAsync();
        await Assert.ThrowsAsync<HubStartException>(() => HubHost.StartAsync(TestHub.Options(hub.Folder)));
    }

    [Fact]
    public async Task Health_RunningHub_LiveReadyAndCaServedWithoutKey()
    {
        await using var hub = await TestHub.StartAsync();
        var http = hub.Http(null);
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz"));
        Assert.Equal("ok\n", await http.GetStringAsync("/readyz"));
        Assert.Equal(hub.Host.CaPem, await http.GetStringAsync("/ca.pem"));
        var ca = X509Certificate2.CreateFromPem(hub.Host.CaPem);
        Assert.Equal(hub.Host.CaPin, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(ca.PublicKey.ExportSubjectPublicKeyInfo())));
    }

    [Fact]
    public async Task Tls_OperatorsCertificate_ShownForItsNamesOnly()
    {
        var folder = TestHub.NewFolder();
        Directory.CreateDirectory(folder);
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=own", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("hub.example.com");
            request.CertificateExtensions.Add(names.Build());
            using var own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
            var (cert, keyFile) = (Path.Combine(folder, "tls.pem"), Path.Combine(folder, "tls.key"));
            await File.WriteAllTextAsync(cert, own.ExportCertificatePem());
            await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
            await using var hub = await HubHost.StartAsync(TestHub.Options(folder) with { TlsCertificateFile = cert, TlsKeyFile = keyFile });
            Assert.Equal("CN=own", await SubjectAsync(hub.ApiAddress, "hub.example.com"));
            Assert.Contains("fleet-hub", await SubjectAsync(hub.ApiAddress, "localhost"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Process_Sigterm_EndsInOrder()
    {
        var folder = TestHub.NewFolder();
        var program = Path.Combine(AppContext.BaseDirectory, "fleet-hub.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--data", folder, "--listen", "127.0.0.1:0", "--agents-listen", "127.0.0.1:0"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            process.BeginErrorReadLine();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            Assert.StartsWith("First admin key", await process.StandardOutput.ReadLineAsync(limit.Token), StringComparison.Ordinal);
            Assert.Matches(@"^fleet-hub ready api=https://127\.0\.0\.1:\d+ agents=https://127\.0\.0\.1:\d+ ca-pin=sha256:[0-9a-f]{64}$", await process.StandardOutput.ReadLineAsync(limit.Token));
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync(limit.Token);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> SubjectAsync(Uri address, string name)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(name);
        return tls.RemoteCertificate!.Subject;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Cli.Demo;

/// <summary>Git's smart HTTP protocol on loopback: `git http-backend` behind a small web server. Anyone on this machine may push.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string root;

    private GitServer(WebApplication app, string root)
    {
        this.app = app;
        this.root = root;
    }

    public Uri Address { get; private set; } = null!;

    public static async Task<GitServer> StartAsync(string root, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0);
            k.Limits.MaxRequestBodySize = 512 * 1024 * 1024;
        });
        var server = new GitServer(builder.Build(), root);
        server.app.Run(server.ServeAsync);
        await server.app.StartAsync(cancellationToken);
        server.Address = new Uri(server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var start = new ProcessStartInfo("git", ["http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var request = context.Request;
        start.Environment["GIT_PROJECT_ROOT"] = root;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["GIT_HTTP_MAX_REQUEST_BUFFER"] = "100M";
        start.Environment["REMOTE_USER"] = "visitor";
        start.Environment["REMOTE_ADDR"] = "127.0.0.1";
        start.Environment["REQUEST_METHOD"] = request.Method;
        start.Environment["PATH_INFO"] = request.Path.Value;
        start.Environment["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?') ?? "";
        start.Environment["CONTENT_TYPE"] = request.ContentType ?? "";
        start.Environment["GIT_PROTOCOL"] = request.Headers["Git-Protocol"].ToString();
        start.Environment["HTTP_CONTENT_ENCODING"] = request.Headers.ContentEncoding.ToString();
        if (request.ContentLength is { } length)
        {
            start.Environment["CONTENT_LENGTH"] = length.ToString(CultureInfo.InvariantCulture);
        }

        using var git = Process.Start(start)!;
        await using var registration = context.RequestAborted.Register(() => Kill(git));
        git.ErrorDataReceived += static (_, _) => { };
        git.BeginErrorReadLine();
        var input = FeedAsync(request.Body, git);
        await AnswerAsync(git.StandardOutput.BaseStream, context);
        await input;
        await git.WaitForExitAsync(context.RequestAborted);
    }

    private static async Task FeedAsync(Stream body, Process git)
    {
        try
        {
            await body.CopyToAsync(git.StandardInput.BaseStream);
            git.StandardInput.Close();
        }
        catch (IOException)
        {
            // git ended without reading everything; its answer says why.
        }
    }

    /// <summary>A CGI answer: header lines, an empty line, the body.</summary>
    private static async Task AnswerAsync(Stream output, HttpContext context)
    {
        while (await HeaderAsync(output, context.RequestAborted) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name.Equals("Status", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            }
            else
            {
                context.Response.Headers[name] = value;
            }
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await output.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<string> HeaderAsync(Stream output, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>(64);
        var one = new byte[1];
        while (bytes.Count < 8192 && await output.ReadAsync(one, cancellationToken) == 1 && one[0] != (byte)'\n')
        {
            bytes.Add(one[0]);
        }

        return System.Text.Encoding.ASCII.GetString([.. bytes]).TrimEnd('\r');
    }

    private static void Kill(Process git)
    {
        try
        {
            git.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
        }
    }
}

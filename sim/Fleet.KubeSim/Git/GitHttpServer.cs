using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.KubeSim.Git;

/// <summary>Git's smart HTTP protocol on loopback: `git http-backend` behind a small web server. Who may read may push.</summary>
public sealed class GitHttpServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _root;
    private readonly GitHttpOptions _options;
    private int _requests;

    private GitHttpServer(WebApplication app, string root, GitHttpOptions options)
    {
        _app = app;
        _root = root;
        _options = options;
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>How many requests came.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <param name="root">Folder of the bare repositories.</param>
    /// <param name="options">Credentials and TLS; null: neither.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<GitHttpServer> StartAsync(string root, GitHttpOptions? options = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (options?.Certificate is { } certificate)
                {
                    listen.UseHttps(certificate);
                }
            });
            k.Limits.MaxRequestBodySize = 512 * 1024 * 1024;
        });
        var server = new GitHttpServer(builder.Build(), root, options ?? new GitHttpOptions());
        server._app.Run(server.ServeAsync);
        await server._app.StartAsync(cancellationToken);
        server.Address = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        if (_options.Hang is { } hang)
        {
            await hang.WaitAsync(context.RequestAborted);
        }

        if (_options.Authorization is { } expected && context.Request.Headers.Authorization.ToString() != expected)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }

        var start = new ProcessStartInfo("git", ["http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var request = context.Request;
        start.Environment["GIT_PROJECT_ROOT"] = _root;
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

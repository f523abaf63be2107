using System.Globalization;
using System.Text;
using Fleet.Hub.Access;
using Fleet.Hub.Api.Calls;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Core.Resources;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Api.Rest;

/// <summary>
/// The operator API over REST/JSON: addresses and queries are turned into the requests of api.proto and go through the
/// same <see cref="ApiMethods"/>. There is no second implementation of anything.
/// </summary>
internal sealed class RestEndpoints(ApiMethods methods, ApiAccess access, WatchCall watch, ILogger<RestEndpoints> logger)
{
    private const string Root = "/api/v1";
    private const int MaxBody = 16 * 1024 * 1024;

    public IEndpointConventionBuilder Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Root);
        group.MapPost("/apply", Answer(ApplyAsync));
        group.MapPost("/rpc/{method}", Answer(RpcAsync));
        group.MapGet("/{plural}", Answer(ListOrWatchAsync));
        group.MapGet("/{plural}/{name}", Answer(GetAsync));
        group.MapDelete("/{plural}/{name}", Answer(DeleteAsync));
        group.MapFallback(Answer(context => throw Refusals.NotFound(
            $"{context.Request.Method} {Quoting.Shorten(context.Request.Path, 200)} is not served here. See docs/api.md: GET {Root}/{{kinds}}[/{{name}}], DELETE {Root}/{{kinds}}/{{name}}, POST {Root}/apply, POST {Root}/rpc/{{Method}}.")));
        return group;
    }

    private async Task<string> ApplyAsync(HttpContext context)
    {
        var method = methods.Find("Apply")!;

        // Who calls comes before what is sent: strangers get nothing read and nothing parsed.
        var caller = await AuthenticateAsync(context, method.Role).ConfigureAwait(false);
        var body = await ReadBodyAsync(context).ConfigureAwait(false);
        var request = new ApplyRequest { DryRun = context.Request.Query["dryRun"] == "true" };
        request.Files.Add(new SourceFile { Name = Query(context, "file", "body"), Content = body });
        return RestJson.Write(await method.Invoke(request, caller, context.RequestAborted).ConfigureAwait(false));
    }

    private async Task<string> RpcAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["method"]!;
        var method = methods.Find(name) ?? throw Refusals.NotFound($"There is no call {Quoting.Quote(name)}.{Closest.Hint(name, methods.Names)} Known are {Quoting.Choices([.. methods.Names])}.");
        var caller = await AuthenticateAsync(context, method.Role).ConfigureAwait(false);
        var request = RestJson.Read(method, await ReadBodyAsync(context).ConfigureAwait(false));
        return RestJson.Write(await method.Invoke(request, caller, context.RequestAborted).ConfigureAwait(false));
    }

    private async Task<string> ListOrWatchAsync(HttpContext context)
    {
        var kind = Kind(context);
        if (context.Request.Query["watch"] == "true")
        {
            await WatchAsync(context, kind).ConfigureAwait(false);
            return "";
        }

        var request = new ListRequest
        {
            Kind = kind.ToString(),
            LabelSelector = Query(context, "labelSelector"),
            PageToken = Query(context, "continue"),
            Cluster = Query(context, "cluster"),
            Assignment = Query(context, "assignment"),
        };
        if (Query(context, "limit") is { Length: > 0 } limit)
        {
            request.PageSize = int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw Refusals.Invalid($"limit {Quoting.Quote(limit)} is not a number.");
        }

        return RestJson.WriteList(kind, (ListResponse)await InvokeAsync(context, "List", request).ConfigureAwait(false));
    }

    private async Task<string> GetAsync(HttpContext context) => RestJson.Write(await InvokeAsync(
        context, "Get", new GetRequest { Kind = Kind(context).ToString(), Name = (string)context.Request.RouteValues["name"]! }).ConfigureAwait(false));

    private async Task<string> DeleteAsync(HttpContext context) => RestJson.Write(await InvokeAsync(
        context,
        "Delete",
        new DeleteRequest
        {
            Kind = Kind(context).ToString(),
            Name = (string)context.Request.RouteValues["name"]!,
            Confirm = Query(context, "confirm"),
            Policy = Query(context, "policy"),
        }).ConfigureAwait(false));

    // Server-sent events: one data line for each event, and a comment now and then so that proxies keep the line open.
    private async Task WatchAsync(HttpContext context, ResourceKind kind)
    {
        var caller = await AuthenticateAsync(context, Role.Viewer).ConfigureAwait(false);
        var request = new WatchRequest
        {
            Kind = kind.ToString(),
            LabelSelector = Query(context, "labelSelector"),
            Name = Query(context, "name"),
            Cluster = Query(context, "cluster"),
            Assignment = Query(context, "assignment"),
        };
        await foreach (var change in watch.WatchAsync(request, caller, context.RequestAborted).ConfigureAwait(false))
        {
            if (!context.Response.HasStarted)
            {
                context.Response.ContentType = "text/event-stream";
                context.Response.Headers.CacheControl = "no-store";
            }

            await context.Response.WriteAsync($"event: {change.Type.ToLowerInvariant()}\ndata: {RestJson.WriteEvent(change)}\n\n", context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task<IMessage> InvokeAsync(HttpContext context, string name, IMessage request)
    {
        var method = methods.Find(name)!;
        var caller = await AuthenticateAsync(context, method.Role).ConfigureAwait(false);
        return await method.Invoke(request, caller, context.RequestAborted).ConfigureAwait(false);
    }

    private Task<Caller> AuthenticateAsync(HttpContext context, Role role) => access.AuthenticateAsync(
        context.Request.Headers.Authorization, context.Connection.RemoteIpAddress?.ToString() ?? "unknown", role, context.RequestAborted);

    private RequestDelegate Answer(Func<HttpContext, Task<string>> handler) => context => AnswerAsync(context, handler);

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, Task<string>> handler)
    {
        try
        {
            var json = await handler(context).ConfigureAwait(false);
            if (!context.Response.HasStarted)
            {
                await WriteAsync(context, 200, json).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away; nobody is there to be answered.
        }
        catch (Exception e)
        {
            var failure = FailureInterceptor.Translate(e is BadHttpRequestException bad ? Refusals.Invalid(bad.Message) : e, context.Request.Path, logger);
            if (context.Response.HasStarted)
            {
                await context.Response.WriteAsync($"event: error\ndata: {RestJson.WriteFailure(failure)}\n\n", context.RequestAborted).ConfigureAwait(false);
                return;
            }

            await WriteAsync(context, HttpStatuses.Of(failure.StatusCode), RestJson.WriteFailure(failure)).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await context.Response.WriteAsync(json + "\n", Encoding.UTF8, context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task<string> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxBody)
        {
            throw Refusals.Invalid($"The body has more than {MaxBody} bytes: send it in parts.");
        }

        using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            return await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (DecoderFallbackException)
        {
            throw Refusals.Invalid("The body is not UTF-8 text.");
        }
    }

    private static ResourceKind Kind(HttpContext context)
    {
        var plural = (string)context.Request.RouteValues["plural"]!;
        return ResourceKinds.TryParse(plural, out var kind) ? kind : throw Refusals.NotFound(ResourceKinds.Unknown(plural));
    }

    private static string Query(HttpContext context, string name, string fallback = "") => context.Request.Query[name] is { Count: > 0 } values ? values[0] ?? fallback : fallback;
}

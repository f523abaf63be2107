using Fleet.KubeSim.Access;
using Fleet.KubeSim.Faults;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Requests;

namespace Fleet.KubeSim.Serving;

/// <summary>Every request's way through one API server: log, faults, who, may he, and then the endpoint.</summary>
internal sealed class ClusterHandler(ClusterState cluster, RequestLog log, FaultRules faults)
{
    private const int MaximumBody = 3 * 1024 * 1024;
    private readonly ResourceEndpoint _resources = new(cluster);
    private readonly PathEndpoint _paths = new(cluster);

    public async Task HandleAsync(HttpContext http)
    {
        var request = ApiRequest.Parse(http.Request.Method, http.Request.Path.Value ?? "/", http.Request.QueryString.Value ?? "");
        var entry = log.Add(sequence => Describe(sequence, http, request));
        try
        {
            var fault = faults.Match(entry);
            if (fault is not null)
            {
                entry = entry with { Fault = fault.Name };
                log.Replace(entry);
                if (await FaultActions.ApplyAsync(fault, http, cluster))
                {
                    return;
                }
            }

            await ServeAsync(http, request, e =>
            {
                entry = e(entry);
                // A watch goes on for minutes: whose it is must show before its end.
                if (entry.Verb == "watch")
                {
                    log.Replace(entry);
                }
            });
        }
        catch (ApiException e)
        {
            await AnswerWriter.WriteStatusAsync(http, e);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Exception e) when (e is not IOException && !http.RequestAborted.IsCancellationRequested)
        {
            // A bug here must show: in the answer, and in the log that tests read.
            entry = entry with { Error = e.ToString() };
            await AnswerWriter.WriteStatusAsync(http, new ApiException(500, "InternalError", $"Internal error occurred: the simulated server has a bug: {e.Message}"));
        }
        finally
        {
            log.Replace(entry with { Status = http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? 0 : http.Response.StatusCode });
        }
    }

    private async Task ServeAsync(HttpContext http, ApiRequest request, Action<Func<LoggedRequest, LoggedRequest>> note)
    {
        var user = cluster.Authenticator.Authenticate(http);
        var wanted = AccessAttributes.Of(request);
        user = Impersonation.Apply(http.Request, user, wanted, cluster.Authorizer);
        note(e => e with { User = user.Name });
        if (cluster.Authorizer.Refusal(user, wanted) is { } refusal)
        {
            throw refusal;
        }

        if (!request.IsResource)
        {
            await _paths.ServeAsync(http, request);
            return;
        }

        var body = await ReadBodyAsync(http);
        note(e => e with { RequestBytes = body.Length });
        await _resources.ServeAsync(new ApiCall
        {
            Request = request,
            User = user,
            UserAgent = http.Request.Headers.UserAgent.ToString(),
            Http = http,
            Now = cluster.Time.GetUtcNow(),
            Representation = Representation.Json,
            Body = body,
            ContentType = (http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant(),
        });
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext http)
    {
        if (http.Request.Method is "GET" or "HEAD")
        {
            return default;
        }

        if (http.Request.ContentLength > MaximumBody)
        {
            throw ApiException.TooLarge();
        }

        if (http.Request.ContentLength is { } length)
        {
            // Kestrel lets no more through than was announced, and throws when it is less.
            var body = new byte[length];
            await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
            return body;
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > MaximumBody)
            {
                throw ApiException.TooLarge();
            }
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private LoggedRequest Describe(long sequence, HttpContext http, ApiRequest request) => new()
    {
        Sequence = sequence,
        Time = cluster.Time.GetUtcNow(),
        Method = request.Method,
        Path = request.Path,
        Query = (http.Request.QueryString.Value ?? "").TrimStart('?'),
        UserAgent = http.Request.Headers.UserAgent.ToString(),
        Verb = request.Verb,
        Group = request.Group,
        Version = request.Version,
        Resource = request.Resource,
        Kind = request.IsResource ? cluster.Registry.Find(request.Group, request.Version, request.Resource)?.Kind ?? "" : "",
        Subresource = request.Subresource,
        Namespace = request.Namespace,
        Name = request.Name,
        ContentType = (http.Request.ContentType ?? "").Split(';')[0],
        FieldManager = request["fieldManager"],
        DryRun = request["dryRun"].Length > 0,
    };
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Client;

/// <summary>One watch: one request, its lines one event each.</summary>
internal static class Watch
{
    public static async IAsyncEnumerable<WatchEvent> RunAsync(KubeTransport transport, string user, KubeResource resource, Selection selection,
        string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = transport.Options;
        // A random life spreads the renewals of many watches.
        var life = options.WatchLifetime * (1 + Random.Shared.NextDouble());
        var query = KubeCall.Query(("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("labelSelector", selection.LabelSelector), ("fieldSelector", selection.FieldSelector),
            ("timeoutSeconds", Math.Max(1, (int)life.TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        var call = new KubeCall(HttpMethod.Get, resource.CollectionPath(selection.Namespace) + query) { ImpersonateUser = user };
        var opened = await transport.OpenWatchAsync(call, cancellationToken).ConfigureAwait(false);
        if (!opened.IsOk)
        {
            yield return new(WatchEventType.Error, null, opened.Error);
            yield break;
        }
        using var response = opened.Value;
        // The server ends a watch by itself; one that outlives its time is a dead connection.
        using var limit = new CancellationTokenSource(life + options.WatchGrace, transport.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        await using var stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
        using var lines = new LineReader(stream, options.MaxObjectBytes);
        while (true)
        {
            WatchEvent? next;
            try
            {
                next = await lines.ReadAsync(both.Token).ConfigureAwait(false) switch
                {
                    LineResult.Line => Read(lines.Current, resource),
                    LineResult.TooLong => Broken(KubeFailure.Unreadable, $"an event of the watch is larger than {options.MaxObjectBytes >> 20} MiB"),
                    _ => null,
                };
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                next = Broken(KubeFailure.TimedOut, $"the watch of {resource.Plural} was not ended by the server in its time");
            }
            catch (Exception e) when (KubeTransport.AsError(e, call) is { } error)
            {
                next = new(WatchEventType.Error, null, error);
            }
            if (next is null) yield break;
            yield return next;
            if (next.Type == WatchEventType.Error) yield break;
        }
    }

    private static WatchEvent Read(ReadOnlySpan<byte> line, KubeResource resource)
    {
        if (AnswerReader.Parse(line) is not { } e || e.Map("object") is not { } body) return Broken(KubeFailure.Unreadable, "an event of the watch is no JSON object");
        var type = e.Text("type") switch
        {
            "ADDED" => WatchEventType.Added,
            "MODIFIED" => WatchEventType.Modified,
            "DELETED" => WatchEventType.Deleted,
            "BOOKMARK" => WatchEventType.Bookmark,
            "ERROR" => WatchEventType.Error,
            _ => WatchEventType.Unknown,
        };
        if (type == WatchEventType.Error) return new(type, null, StatusReader.Read(body, 0));
        e.Remove("object"); // Lets go of the envelope.
        body["apiVersion"] ??= resource.GroupVersionKind.ApiVersion;
        body["kind"] ??= resource.Kind;
        return new(type, new(body), null);
    }

    private static WatchEvent Broken(KubeFailure failure, string message) => new(WatchEventType.Error, null, new KubeApiError { Failure = failure, Message = message });
}

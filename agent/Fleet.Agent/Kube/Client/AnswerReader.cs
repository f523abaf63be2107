using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Client;

/// <summary>Reads answers of bounded size.</summary>
internal static class AnswerReader
{
    private const int MaxErrorBytes = 256 << 10;
    private const int MaxErrorText = 500;
    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 256 };

    public static async Task<KubeResult<JsonObject>> ReadObjectAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(response, maxBytes, cancellationToken).ConfigureAwait(false);
        if (body.Buffer is null) return Unreadable($"the answer is larger than {maxBytes >> 20} MiB");
        try
        {
            return Parse(body.Buffer.AsSpan(0, body.Length)) is { } o ? o : Unreadable("the answer is no JSON object");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body.Buffer);
        }
    }

    public static async Task<KubeApiError> ReadErrorAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var after = RetryAfter(response, time);
        var body = await ReadAsync(response, MaxErrorBytes, cancellationToken).ConfigureAwait(false);
        if (body.Buffer is null) return new() { Failure = KubeFailure.Status, HttpStatus = status, RetryAfter = after, Message = "the server's error text is too long to be read" };
        try
        {
            var bytes = body.Buffer.AsSpan(0, body.Length);
            if (Parse(bytes) is { } o && o.Text("kind") == "Status") return StatusReader.Read(o, status) with { RetryAfter = after ?? StatusReader.RetryAfter(o) };
            var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxErrorText)]).Trim();
            return new() { Failure = KubeFailure.Status, HttpStatus = status, RetryAfter = after, Message = text.Length > 0 ? text : response.ReasonPhrase ?? "" };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body.Buffer);
        }
    }

    public static JsonObject? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonNode.Parse(utf8, documentOptions: Json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static KubeApiError Unreadable(string message) => new() { Failure = KubeFailure.Unreadable, Message = message };

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - time.GetUtcNow() : null);
        if (wait is null && response.Headers.TryGetValues("Retry-After", out var raw)
            && double.TryParse(raw.FirstOrDefault(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 86400)
        {
            wait = TimeSpan.FromSeconds(seconds);
        }
        return wait is { } w && w < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>The whole body in a pooled buffer, or none when it is too large.</summary>
    private static async Task<(byte[]? Buffer, int Length)> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > maxBytes) return (null, 0);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent((int)(response.Content.Headers.ContentLength + 1 ?? 16 << 10));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (read == 0) return (buffer, length);
                length += read;
                if (length > maxBytes) break;
                if (length == buffer.Length) buffer = Grow(buffer, length);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return (null, 0);
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

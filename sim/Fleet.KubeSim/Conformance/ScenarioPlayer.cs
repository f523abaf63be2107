using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Conformance;

/// <summary>Plays one recorded scenario against a server and notes every difference.</summary>
internal sealed class ScenarioPlayer(ReplayClient client, JsonObject scenario, TimeProvider time)
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly Bindings _bindings = new(time);
    private readonly List<Difference> _differences = [];
    private readonly bool _strictOrder = (string?)scenario["managedFieldsOrder"] == "strict";

    public async Task<IReadOnlyList<Difference>> PlayAsync(CancellationToken cancellationToken)
    {
        if (scenario.ToJsonString().Contains("as=Table", StringComparison.Ordinal))
        {
            // Tables tell ages in whole seconds: begun with a second, the few requests of a scenario end in it.
            await Task.Delay(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - (time.GetUtcNow().Ticks % TimeSpan.TicksPerSecond)), time, cancellationToken);
        }

        foreach (var step in scenario["steps"]!.AsArray())
        {
            await RunAsync(step!.AsObject(), cancellationToken);
        }

        return _differences;
    }

    private async Task RunAsync(JsonObject step, CancellationToken cancellationToken)
    {
        var kind = (string?)step["kind"] ?? "request";
        if (kind == "sleep")
        {
            await Task.Delay(TimeSpan.FromSeconds((double)step["seconds"]!), time, cancellationToken);
            return;
        }

        var request = _bindings.Fill(step["request"])!.AsObject();
        var answer = kind switch
        {
            "watch" => await WatchAsync(step, request, cancellationToken),
            "wait" => await WaitAsync(request, _bindings.Fill(step["until"])!.AsObject(), cancellationToken),
            _ => await client.SendAsync(request, cancellationToken),
        };
        new AnswerComparer(_bindings, _strictOrder, (string)step["name"]!, _differences).Compare(step["response"], answer);
    }

    /// <summary>Polls until the condition holds and, where asked, the answer has stood still for a while.</summary>
    private async Task<JsonObject> WaitAsync(JsonObject request, JsonObject until, CancellationToken cancellationToken)
    {
        var settle = TimeSpan.FromSeconds((double?)until["settle"] ?? 0);
        var end = time.GetUtcNow() + WaitLimit;
        JsonObject? last = null;
        var since = time.GetUtcNow();
        while (true)
        {
            var answer = await client.SendAsync(request, cancellationToken);
            var now = time.GetUtcNow();
            if (Holds(answer, until))
            {
                if (last is null || !JsonNode.DeepEquals(last, answer))
                {
                    (last, since) = (answer, now);
                }

                if (now - since >= settle)
                {
                    return answer;
                }
            }
            else
            {
                last = null;
            }

            if (now >= end)
            {
                return answer;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<JsonObject> WatchAsync(JsonObject step, JsonObject request, CancellationToken cancellationToken)
    {
        var (count, limit) = ((int)step["count"]!, TimeSpan.FromSeconds((double)step["limit"]!));
        using var response = await client.OpenAsync(request, cancellationToken);
        if ((int)response.StatusCode != 200)
        {
            var refused = await ReplayClient.ReadAsync(response, cancellationToken);
            await RunInnerAsync(step, cancellationToken);
            return refused;
        }

        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = ReadEventsAsync(response, count, reading.Token);
        await RunInnerAsync(step, cancellationToken);
        reading.CancelAfter(limit);
        return new JsonObject { ["status"] = 200, ["headers"] = ReplayClient.Headers(response), ["events"] = await events };
    }

    private async Task RunInnerAsync(JsonObject step, CancellationToken cancellationToken)
    {
        foreach (var inner in step["steps"] as JsonArray ?? [])
        {
            await RunAsync(inner!.AsObject(), cancellationToken);
        }
    }

    private static async Task<JsonArray> ReadEventsAsync(HttpResponseMessage response, int count, CancellationToken cancellationToken)
    {
        var events = new JsonArray();
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            while (events.Count < count && await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Length > 0)
                {
                    events.Add(JsonNode.Parse(line));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException or JsonException)
        {
            // The recording's own time limit, or the end of the stream: what came is compared.
        }

        return events;
    }

    private static bool Holds(JsonObject answer, JsonObject until)
    {
        if ((int)answer["status"]! != ((int?)until["status"] ?? 200))
        {
            return false;
        }

        foreach (var field in until["fields"] as JsonArray ?? [])
        {
            var got = At(answer["body"], field![0]!.AsArray());
            var holds = field[1] switch
            {
                JsonValue value when value.TryGetValue(out string? text) && text == "$present" => got is not null,
                JsonObject length when length.ContainsKey("$length") => ((got as JsonArray)?.Count ?? 0) == (int)length["$length"]!,
                var wanted => JsonNode.DeepEquals(wanted, got),
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private static JsonNode? At(JsonNode? node, JsonArray path)
    {
        foreach (var part in path)
        {
            node = (node, part!.GetValueKind()) switch
            {
                (JsonArray list, JsonValueKind.Number) => (int)part is var i && i < list.Count ? list[i] : null,
                (JsonObject map, JsonValueKind.String) => map[(string)part!],
                _ => null,
            };
        }

        return node;
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Xunit.Abstractions;

namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>
/// Sends the writes of recorded conversations with a real server through the core and compares what comes out.
/// What needs a server (admission, addresses, dry run, other subresources) is left to the replay over HTTP.
/// </summary>
public sealed class RecordedConversationTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Fields that the store sets, or that differ from run to run.</summary>
    private static readonly string[] Ignored = ["uid", "resourceVersion", "creationTimestamp", "time", "lastPhaseTransitionTime"];

    /// <summary>Conversations that turn on what only the server does: admission, addresses, scale, guards of names and versions.</summary>
    private static readonly string[] NeedServer =
        ["own-metadata-guards", "own-scale", "ssa-cr-status-subresource", "ssa-crd-apply", "ssa-namespace", "ssa-pod", "ssa-service"];

    public static TheoryData<string> Scenarios()
    {
        var data = new TheoryData<string>();
        string[] files = Folder() is { } folder ? Directory.GetFiles(folder, "*.json") : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (!NeedServer.Contains(name) && (name.StartsWith("ssa-", StringComparison.Ordinal) || name.StartsWith("own-", StringComparison.Ordinal) || name == "own-list-maps"))
            {
                data.Add(name);
            }
        }

        if (data.Count == 0)
        {
            data.Add("");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Writes_AsRecorded_AnswerTheSame(string scenario)
    {
        if (scenario.Length == 0)
        {
            output.WriteLine("No recordings: set FLEET_CONFORMANCE to the folder that holds kube-api, or put it at ../shared/conformance.");
            return;
        }

        var server = new RecordedServer(Now);
        var differences = new List<string>();
        var steps = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder()!, scenario + ".json")))!["steps"]!.AsArray();
        var compared = 0;
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i]!.AsObject();
            if ((step.Text("kind") ?? "request") != "request" || step.Map("request") is not { } request || step.Map("response") is not { } response
                || server.Send(request) is not { } answer)
            {
                continue;
            }

            compared++;
            var wanted = response.Map("body");
            if (response.Whole("status") != answer.Status)
            {
                differences.Add($"step {i} {request.Text("method")} {request.Text("path")}: status {answer.Status}, recorded {response["status"]} {wanted.Text("message")} | {answer.Body.Text("message")}");
            }
            else if (answer.Status >= 400)
            {
                if (!Same(answer.Body["message"], wanted?["message"], ""))
                {
                    differences.Add($"step {i}: {answer.Body.Text("message")}\n  recorded {wanted.Text("message")}");
                }
            }
            else
            {
                Compare(answer.Body, wanted, $"step {i} ", differences);
            }
        }

        output.WriteLine($"{compared} of {steps.Count} steps compared");
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static void Compare(JsonNode? actual, JsonNode? wanted, string path, List<string> differences)
    {
        switch (actual, wanted)
        {
            case (JsonObject a, JsonObject w):
                foreach (var name in a.Select(p => p.Key).Union(w.Select(p => p.Key)))
                {
                    if (Ignored.Contains(name))
                    {
                        if (name == "time" && a.ContainsKey(name) != w.ContainsKey(name))
                        {
                            differences.Add($"{path}.time: {(a.ContainsKey(name) ? "set" : "absent")}");
                        }

                        continue;
                    }

                    if (a.ContainsKey(name) != w.ContainsKey(name))
                    {
                        differences.Add($"{path}.{name}: {(a.ContainsKey(name) ? "only here: " : "missing: ")}{Json.Encode(a[name] ?? w[name])}");
                    }
                    else
                    {
                        Compare(a[name], w[name], $"{path}.{name}", differences);
                    }
                }

                break;
            case (JsonArray a, JsonArray w):
                if (a.Count != w.Count)
                {
                    differences.Add($"{path}: {a.ToJsonString()} recorded {w.ToJsonString()}");
                    break;
                }

                var (left, right) = path.EndsWith(".managedFields", StringComparison.Ordinal) ? (Sorted(a), Sorted(w)) : ([.. a], [.. w]);
                for (var i = 0; i < left.Length; i++)
                {
                    Compare(left[i], right[i], $"{path}[{i}]", differences);
                }

                break;
            default:
                if (!Same(actual, wanted, path))
                {
                    differences.Add($"{path}: {Json.Encode(actual)} recorded {Json.Encode(wanted)}");
                }

                break;
        }
    }

    private static JsonNode?[] Sorted(JsonArray list) =>
        [.. list.OrderBy(e => $"{e!["operation"]} {e["manager"]} {e["subresource"]} {e["apiVersion"]}", StringComparer.Ordinal)];

    /// <summary>A placeholder stands for any value of its kind.</summary>
    private static bool Same(JsonNode? actual, JsonNode? wanted, string path)
    {
        if (Json.TextOf(wanted) is { } text && text.Contains('$', StringComparison.Ordinal) && actual is JsonValue)
        {
            var pattern = "^" + System.Text.RegularExpressions.Regex.Replace(System.Text.RegularExpressions.Regex.Escape(text), "\\\\\\$[a-z]+[0-9]*", ".*") + "$";
            return System.Text.RegularExpressions.Regex.IsMatch(Json.TextOf(actual) ?? Json.Encode(actual), pattern, System.Text.RegularExpressions.RegexOptions.Singleline);
        }

        return Json.Equal(actual, wanted);
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("FLEET_CONFORMANCE") is { Length: > 0 } named)
        {
            return Directory.Exists(Path.Combine(named, "kube-api")) ? Path.Combine(named, "kube-api") : named;
        }

        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
        {
            if (File.Exists(Path.Combine(up.FullName, "Fleet.sln")))
            {
                var folder = Path.Combine(up.FullName, "..", "shared", "conformance", "kube-api");
                return Directory.Exists(folder) ? folder : null;
            }
        }

        return null;
    }
}

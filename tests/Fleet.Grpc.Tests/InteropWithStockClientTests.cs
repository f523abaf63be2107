using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Tests.Support;
using Status = Grpc.Core.Status;

namespace Grpc.Tests;

/// <summary>Our server with the client of @grpc/grpc-js, which runs its scenarios once and says what it saw.</summary>
public sealed class InteropWithStockClientTests : IClassFixture<InteropWithStockClientTests.StockClient>
{
    private readonly StockClient _client;

    public InteropWithStockClientTests(StockClient client) => _client = client;

    public static TheoryData<string, string> Scenarios => new()
    {
        { "unary", """{"text":"hé","size":0,"status":0}""" },
        { "down", """{"texts":["n 0","n 1","n 2"],"status":0}""" },
        { "up", """{"text":"a,b,c"}""" },
        { "both", """{"texts":["1","2","3"],"status":0}""" },
        { "unaryGzip", """{"text":"z","size":50000,"status":0}""" },
        { "bothGzip", """{"texts":["1","2"],"status":0}""" },
        { "fourMebibytes", """{"size":4194299,"status":0}""" },
        { "tooLarge", """{"code":8}""" },
        { "tooLargeUnpacked", """{"code":8}""" },
        { "metadata", """{"status":0,"headers":{"x-echo":"one","x-echo-bin":"00ff2c|07"},"trailers":{"x-trail":"end"}}""" },
        { "trailersOnly", """{"code":9,"details":"für 100 %\nof 😀","trailers":{"x-why":"because"}}""" },
        { "failAfterMessages", """{"texts":["fail 0","fail 1"],"code":9,"details":"für 100 %\nof 😀"}""" },
        { "deadline", """{"code":4}""" },
        { "cancel", """{"code":1}""" },
        { "serverFinishesFirst", """{"text":"enough"}""" },
        { "unimplemented", """{"code":12}""" },
    };

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_StockClient_SawWhatWasDue(string name, string expected)
    {
        var seen = _client.Seen(name);
        foreach (var (key, value) in JsonNode.Parse(expected)!.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(value, seen[key]), $"{name}: {key} should be {value?.ToJsonString()}; all it saw: {seen.ToJsonString()}");
        }
    }

    [Fact]
    public void StatusDetails_StockClient_GotTheBytes()
    {
        var hex = (string)_client.Seen("details")["trailers"]!["grpc-status-details-bin"]!;
        Assert.Equal(Details(), Google.Rpc.Status.Parser.ParseFrom(Convert.FromHexString(hex)));
    }

    [Fact]
    public async Task HangingCalls_DeadlineAndCancel_WereCancelledHere() =>
        await Patience.Until(() => _client.Cancelled == 2, "both hanging calls to be cancelled");

    [Fact]
    public void Server_AfterAllScenarios_LoggedNoError() => Assert.Empty(_client.Errors);

    private static Google.Rpc.Status Details() => new()
    {
        Code = (int)StatusCode.ResourceExhausted,
        Message = "later",
        Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(3)) }) },
    };

    public sealed class StockClient : IAsyncLifetime
    {
        private readonly Dictionary<string, JsonObject> _seen = [];
        private int _cancelled;

        internal int Cancelled => Volatile.Read(ref _cancelled);

        internal IReadOnlyList<string> Errors { get; private set; } = [];

        public async Task InitializeAsync()
        {
            await using var server = await EchoServer.StartAsync(
                new EchoScript { Unary = UnaryAsync, Down = DownAsync, Up = UpAsync },
                options => options.ResponseCompressionAlgorithm = "gzip");
            await using var peer = await NodePeer.StartAsync("client.js", $"127.0.0.1:{server.Address.Port}");
            await peer.EndAsync();
            foreach (var line in peer.Lines)
            {
                var seen = JsonNode.Parse(line)!.AsObject();
                _seen.Add((string)seen["name"]!, seen);
            }

            Errors = [.. server.Log.Errors];
        }

        public Task DisposeAsync() => Task.CompletedTask;

        internal JsonObject Seen(string name) =>
            _seen.TryGetValue(name, out var seen) ? seen : throw new InvalidOperationException($"the client never came to '{name}'");

        private static RpcException Failure() => new(new Status(StatusCode.FailedPrecondition, "für 100 %\nof 😀"), [new("x-why", "because")]);

        private async Task<EchoResponse> UnaryAsync(EchoRequest request, ServerCallContext context)
        {
            switch (request.Text)
            {
                case "fail":
                    throw Failure();
                case "details":
                    throw Details().ToRpcException();
                case "hang":
                    using (context.CancellationToken.Register(() => Interlocked.Increment(ref _cancelled)))
                    {
                        await Task.Delay(Timeout.Infinite, context.CancellationToken);
                    }

                    break;
                case "metadata":
                    await context.WriteResponseHeadersAsync([.. context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal))]);
                    context.ResponseTrailers.Add("x-trail", "end");
                    break;
            }

            return EchoScript.Answer(request);
        }

        private static async Task DownAsync(EchoRequest request, IServerStreamWriter<EchoResponse> responses, ServerCallContext context)
        {
            for (var i = 0; i < request.Count; i++)
            {
                await responses.WriteAsync(new EchoResponse { Text = $"{request.Text} {i}" });
            }

            if (request.Text == "fail")
            {
                throw Failure();
            }
        }

        private static async Task<EchoResponse> UpAsync(IAsyncStreamReader<EchoRequest> requests, ServerCallContext context)
        {
            var texts = new List<string>();
            await foreach (var request in requests.ReadAllAsync())
            {
                texts.Add(request.Text);
                if (request.Text == "enough")
                {
                    break;
                }
            }

            return new EchoResponse { Text = string.Join(',', texts) };
        }
    }
}

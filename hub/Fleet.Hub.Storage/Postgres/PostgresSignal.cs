using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Fleet.Hub.Storage.Signals;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fleet.Hub.Storage.Postgres;

/// <summary>Signals between hub nodes by LISTEN/NOTIFY, each on a connection of its own.</summary>
/// <remarks>
/// NOTIFY carries nothing, goes to a channel per node and topic, and is sent by one debounced loop: sent in each
/// transaction it halves their throughput, since its commits are serialised.
/// </remarks>
internal sealed partial class PostgresSignal(NpgsqlDataSource source, string self, TimeProvider clock, ILogger<PostgresSignal> logger) : IChangeSignal, IAsyncDisposable
{
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan KnownNodesFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(10);
    private static readonly string[] AllTopics = 
    [
        Topics.Work, Topics.Resources, Topics.Targets, Topics.Reports, Topics.Sessions,
        Topics.Revocations, Topics.Commands, Topics.CommandResults, Topics.Authorities,
    ];

    private readonly LocalSignal _local = new(clock);
    private readonly ConcurrentDictionary<(string Topic, string? Node), bool> _pending = new();
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loops = Task.CompletedTask;
    private (long At, string[] Names)? _nodes;

    public void Publish(string topic, string? node = null)
    {
        if (node is null || node == self)
        {
            _local.Publish(topic);
        }

        if (node != self)
        {
            _pending[(topic, node)] = true;
            _due.Writer.TryWrite(true);
        }
    }

    public IChangeSubscription Subscribe(params ReadOnlySpan<string> topics) => _local.Subscribe(topics);

    /// <summary>Begins; returns once this node listens.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loops = Task.WhenAll(LoopAsync(ListenAsync), LoopAsync(NotifyAsync));
        return _listening.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>The channel of a node and topic: a name of fixed form, whatever characters the node's name has.</summary>
    internal static string ChannelOf(string node, string topic) =>
        $"fleet_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node)))[..16]}_{topic}";

    private async Task LoopAsync(Func<CancellationToken, Task> loop)
    {
        var backoff = TimeSpan.FromMilliseconds(200);
        while (!_stop.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            try
            {
                await loop(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                Log.Interrupted(logger, e.Message);
            }

            backoff = clock.GetElapsedTime(began) > MaxBackoff ? TimeSpan.FromMilliseconds(200) : Min(backoff * 2, MaxBackoff);
            try
            {
                await Task.Delay(backoff * (0.5 + (Random.Shared.NextDouble() / 2)), clock, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var topics = AllTopics.ToDictionary(topic => ChannelOf(self, topic), topic => topic, StringComparer.Ordinal);
        connection.Notification += (_, notification) =>
        {
            if (topics.TryGetValue(notification.Channel, out var topic))
            {
                _local.Publish(topic);
            }
        };
        await using (var command = new NpgsqlCommand(string.Concat(topics.Keys.Select(channel => $"LISTEN \"{channel}\";")), connection))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        // What was sent while nobody listened is lost: everyone looks once.
        _local.PublishAll();
        _listening.TrySetResult();
        while (true)
        {
            // A wait without end would not notice a silently broken link.
            if (!await connection.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken).ConfigureAwait(false))
            {
                await using var ping = new NpgsqlCommand("SELECT 1", connection);
                await ping.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task NotifyAsync(CancellationToken cancellationToken)
    {
        while (await _due.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(Debounce, clock, cancellationToken).ConfigureAwait(false);
            _due.Reader.TryRead(out _);
            var sent = new HashSet<string>(StringComparer.Ordinal);
            var others = await OtherNodesAsync(cancellationToken).ConfigureAwait(false);
            foreach (var key in _pending.Keys)
            {
                if (_pending.TryRemove(key, out _))
                {
                    sent.UnionWith((key.Node is null ? others : [key.Node]).Select(name => ChannelOf(name, key.Topic)));
                }
            }

            if (sent.Count > 0)
            {
                await using var command = source.CreateCommand("SELECT pg_notify(channel, '') FROM unnest(@channels) AS channel");
                command.Parameters.AddWithValue("channels", sent.ToArray());
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<string[]> OtherNodesAsync(CancellationToken cancellationToken)
    {
        if (_nodes is { } known && clock.GetElapsedTime(known.At) < KnownNodesFor)
        {
            return known.Names;
        }

        var names = new List<string>();
        await using var command = source.CreateCommand("SELECT name FROM hub_node WHERE name <> @self");
        command.Parameters.AddWithValue("self", self);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            names.Add(reader.GetString(0));
        }

        _nodes = (clock.GetTimestamp(), [.. names]);
        return _nodes.Value.Names;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Signals to and from other hub nodes are interrupted; changes arrive by the slow poll until they are back: {Reason}", EventName = "PostgresSignalInterrupted")]
        public static partial void Interrupted(ILogger logger, string reason);
    }
}

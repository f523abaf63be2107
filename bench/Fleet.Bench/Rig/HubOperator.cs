using Fleet.Cli;
using Fleet.Cli.Connection;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Bench.Rig;

/// <summary>What an operator does with a hub, through its API.</summary>
internal sealed class HubOperator : IDisposable
{
    private readonly HubConnection _connection;

    public HubOperator(Uri address, string caPem, string key)
    {
        Address = address;
        CaPem = caPem;
        _connection = HubConnection.Open(new HubSettings(address, caPem, key, TimeSpan.FromSeconds(60)));
    }

    public Uri Address { get; }

    public string CaPem { get; }

    public async Task ApplyAsync(string yaml, CancellationToken cancellationToken)
    {
        var request = new ApplyRequest();
        request.Files.Add(new SourceFile { Name = "bench.yaml", Content = yaml });
        await _connection.Api.ApplyAsync(request, _connection.Call(cancellationToken));
    }

    /// <summary>A token's secret, and the pin of the hub's CA.</summary>
    public async Task<(string Secret, string Pin)> TokenAsync(string name, int uses, CancellationToken cancellationToken)
    {
        var token = await _connection.Api.CreateTokenAsync(
            new CreateTokenRequest { Name = name, Spec = new EnrollmentTokenSpec { ClusterNames = "*", Uses = uses, Ttl = "12h" } }, _connection.Call(cancellationToken));
        return (token.Secret, token.CaPin);
    }

    public async Task<AssignmentStatus> StatusAsync(string assignment, CancellationToken cancellationToken) =>
        (await _connection.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = assignment }, _connection.Call(cancellationToken))).Assignment.Status ?? new AssignmentStatus();

    /// <summary>Waits until so many clusters are Ready at the commit.</summary>
    public async Task ReadyAsync(string assignment, int clusters, string commit, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(assignment, cancellationToken);
            if (status.Revision == commit && status.Counts?.Ready == clusters)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(started) > limit)
            {
                throw new FailureException(
                    $"{assignment} was not Ready in {clusters} clusters at {commit} within {limit.TotalSeconds:0} s: {status.Counts?.Ready ?? 0} ready at {status.Revision}. "
                    + string.Join("; ", status.Conditions.Select(c => $"{c.Type}={c.Status} {c.Message}")) + " "
                    + string.Join("; ", status.NotReady.Take(3).Select(c => $"{c.Cluster}: {c.Phase} {c.Message}")), ExitCodes.Failed);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>How many clusters the hub calls connected.</summary>
    public async Task<int> ConnectedAsync(CancellationToken cancellationToken)
    {
        var (count, page) = (0, "");
        do
        {
            var answer = await _connection.Api.ListAsync(new ListRequest { Kind = "Cluster", PageSize = 1000, PageToken = page }, _connection.Call(cancellationToken));
            count += answer.Items.Count(i => i.Cluster.Status?.State == "Connected");
            page = answer.NextPageToken;
        }
        while (page.Length > 0);
        return count;
    }

    /// <summary>The reports of all clusters on one Assignment: as they are, then every change.</summary>
    public IAsyncEnumerable<WatchEvent> WatchAsync(string assignment, CancellationToken cancellationToken) =>
        _connection.Api.Watch(new WatchRequest { Kind = "ClusterAssignment", Assignment = assignment }, _connection.Stream(cancellationToken)).ResponseStream.ReadAllAsync(cancellationToken);

    public void Dispose() => _connection.Dispose();
}

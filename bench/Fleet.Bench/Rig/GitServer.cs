using Fleet.Cli.Demo;
using Fleet.KubeSim.Git;

namespace Fleet.Bench.Rig;

/// <summary>One repository behind a real smart HTTP server, and a work tree to push from.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly GitHttpServer _server;

    private GitServer(GitHttpServer server, GitRepository repository)
    {
        _server = server;
        Repository = repository;
    }

    public GitRepository Repository { get; }

    /// <summary>How many requests came.</summary>
    public int Requests => _server.Requests;

    public static async Task<GitServer> StartAsync(DemoFolder folder, CancellationToken cancellationToken)
    {
        var server = await GitHttpServer.StartAsync(folder.Sub("git"), cancellationToken: cancellationToken);
        try
        {
            return new GitServer(server, await GitRepository.CreateAsync(folder.Sub("git"), server.Address, "bench", folder.Sub("work"), cancellationToken));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

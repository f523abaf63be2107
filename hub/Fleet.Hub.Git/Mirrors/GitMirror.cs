using Fleet.Hub.Git.Processes;

namespace Fleet.Hub.Git;

/// <summary>
/// The hub's bare clone of one GitSource, driven through the git program. Heads and tags only: a mirror fetch would bring refs/replace/*, and `cat-file`
/// would then return other bytes under the original id. One fetch at a time; reads go on meanwhile.
/// </summary>
public sealed partial class GitMirror : IAsyncDisposable
{
    private readonly GitProcess _git;
    private readonly GitOptions _options;
    private readonly CatFile _objects;
    private readonly SemaphoreSlim _fetching = new(1);

    internal GitMirror(string folder, GitProcess git, GitOptions options, TimeProvider time)
    {
        Folder = folder;
        _git = git;
        _options = options;
        _objects = new CatFile(folder, options, time);
    }

    public string Folder { get; }

    private bool Exists => File.Exists(Path.Combine(Folder, "HEAD"));

    public async ValueTask DisposeAsync()
    {
        await _objects.DisposeAsync();
        _fetching.Dispose();
    }

    private async Task<GitOutput> LocalAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var environment = GitEnvironment.Local();
        return await _git.RunAsync(Folder, environment, _options.LocalTimeout, arguments, cancellationToken);
    }

    private static GitFailure Missing(string commit) =>
        new(GitFailureReason.CommitMissing, $"The commit {commit} is not in the repository any more, or never was. Check the ref; after a force-push the old commits are gone.");

    private GitFailure LocalFailure(string what, GitOutput output) => output.TimedOut
        ? new GitFailure(GitFailureReason.TimedOut, $"git did not {what} within {_options.LocalTimeout.TotalSeconds:0} s. The hub's disk may be slow or full; it is tried again.")
        : new GitFailure(GitFailureReason.Failed, $"git could not {what}: {output.Error.Trim()}. Look at the hub's disk; a broken mirror can be deleted and is made again.");
}

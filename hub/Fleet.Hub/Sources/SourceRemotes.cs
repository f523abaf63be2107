using Fleet.Hub.Git;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Sources;

/// <summary>Where a GitSource is and how to log in there, or why that cannot be said.</summary>
internal sealed record RemoteAccess(GitRemote? Remote, string Reason, string Message);

/// <summary>Opens a stored credential; null: there is none of that name.</summary>
/// <exception cref="StorageException">It cannot be opened: the master key that sealed it is missing.</exception>
internal delegate Task<GitCredential?> OpenCredential(string name, CancellationToken cancellationToken);

/// <summary>Opens the credentials that GitSources name.</summary>
internal sealed class SourceRemotes(OpenCredential open)
{
    public async Task<RemoteAccess> OpenAsync(GitSourceSpec spec, CancellationToken cancellationToken)
    {
        var credential = GitCredential.None;
        if (spec.Credential.Length > 0)
        {
            try
            {
                if (await open(spec.Credential, cancellationToken).ConfigureAwait(false) is not { } opened)
                {
                    return new RemoteAccess(null, "CredentialMissing",
                        $"There is no credential named '{spec.Credential}'. Store it with fleetctl credential set {spec.Credential}, or change spec.credential.");
                }

                credential = opened;
            }
            catch (StorageException unreadable)
            {
                return new RemoteAccess(null, "CredentialUnreadable", $"The credential '{spec.Credential}' cannot be opened: {unreadable.Message}");
            }
        }

        return new RemoteAccess(new GitRemote(spec.Url, credential, spec.CaBundle), "", "");
    }
}

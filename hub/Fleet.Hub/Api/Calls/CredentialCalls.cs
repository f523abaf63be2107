using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Calls;

/// <summary>Set, list and delete Git credentials. Values are sealed at once and are never shown again.</summary>
internal sealed class CredentialCalls(FleetDatabase database, FleetStores stores, Credentials credentials, ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    private const int Page = 500;
    private static readonly string[] Types = [Credentials.Basic, Credentials.Ssh];

    public Task<Credential> SetAsync(SetCredentialRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if ((Names.Problem(request.Name) ?? Problem(request)) is { } problem)
        {
            throw Refusals.Invalid(problem);
        }

        return database.WriteAsync(
            async (tx, cancel) =>
            {
                var secret = new Credentials.Secret(request.Password, request.PrivateKey, request.KnownHosts);
                await stores.Credentials.PutAsync(tx, credentials.Seal(request.Name, request.Type, request.Username, secret, clock.GetUtcNow()), cancel).ConfigureAwait(false);
                await audit.AddAsync(tx, caller, "credential.set", $"Credential/{request.Name}", request.Type, cancel).ConfigureAwait(false);

                // A source that failed for want of it is asked again now, not at its next poll.
                foreach (var row in await UsersAsync(tx, request.Name, cancel).ConfigureAwait(false))
                {
                    await changes.RaiseAsync(tx, row, cancel).ConfigureAwait(false);
                }

                return new Credential { Name = request.Name, Type = request.Type, Username = request.Username, ChangeTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow()) };
            },
            cancellationToken);
    }

    public async Task<ListCredentialsResponse> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(stores.Credentials.ListAsync, cancellationToken).ConfigureAwait(false);
        return new ListCredentialsResponse
        {
            Credentials = { rows.Select(r => new Credential { Name = r.Name, Type = r.Type, Username = r.Username, ChangeTime = Timestamp.FromDateTimeOffset(r.Changed) }) },
        };
    }

    public Task<DeleteCredentialResponse> DeleteAsync(DeleteCredentialRequest request, Caller caller, CancellationToken cancellationToken) => database.WriteAsync(
        async (tx, cancel) =>
        {
            var users = await UsersAsync(tx, request.Name, cancel).ConfigureAwait(false);
            if (users.Count > 0)
            {
                throw Refusals.Precondition("IN_USE", $"Credential {request.Name} is used by GitSource {string.Join(", ", users.Take(10).Select(u => u.Name))}: change spec.credential there first.");
            }

            if (!await stores.Credentials.RemoveAsync(tx, request.Name, cancel).ConfigureAwait(false))
            {
                throw Refusals.NotFound($"There is no credential {Quoting.Quote(request.Name)}. See fleetctl credential list.");
            }

            await audit.AddAsync(tx, caller, "credential.delete", $"Credential/{request.Name}", "", cancel).ConfigureAwait(false);
            return new DeleteCredentialResponse();
        },
        cancellationToken);

    private static string? Problem(SetCredentialRequest request) => request.Type switch
    {
        Credentials.Basic when request.Password.Length == 0 => "A basic credential needs a password or a token.",
        Credentials.Basic when request.PrivateKey.Length > 0 => "A basic credential has no private key: set the type ssh.",
        Credentials.Ssh when !request.PrivateKey.Contains("PRIVATE KEY", StringComparison.Ordinal) => "An ssh credential needs a private key in PEM or OpenSSH form (-----BEGIN … PRIVATE KEY-----).",
        Credentials.Ssh when request.KnownHosts.Trim().Length == 0 => "An ssh credential needs known_hosts lines of the Git server, or anyone in between could pose as it: take them with ssh-keyscan HOST, and compare them with what the server's operator publishes.",
        Credentials.Basic or Credentials.Ssh => null,
        _ => $"{Quoting.Quote(request.Type)} is not a type of credential: write {Quoting.Choices(Types)}.{Closest.Hint(request.Type, Types)}",
    };

    private async Task<IReadOnlyList<Storage.Resources.StoredResource>> UsersAsync(Transaction tx, string name, CancellationToken cancellationToken)
    {
        var users = new List<Storage.Resources.StoredResource>();
        for (var after = ""; ;)
        {
            var rows = await stores.Resources.ListAsync(tx, nameof(GitSource), after, Page, cancellationToken).ConfigureAwait(false);
            users.AddRange(rows.Where(row => DeclaredRows.Read(row).GitSource.Spec?.Credential == name));
            if (rows.Count < Page)
            {
                return users;
            }

            after = rows[^1].Name;
        }
    }
}

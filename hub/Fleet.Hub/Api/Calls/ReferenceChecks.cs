using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Access;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Api.Calls;

/// <summary>Names of other resources must be there, or come in the same call.</summary>
internal sealed class ReferenceChecks(ResourceStore resources, CredentialStore credentials)
{
    private const int MaxKnown = 1_000;

    public async Task CheckAsync(Transaction tx, IReadOnlyList<ApplyItem> items, ViolationList violations, CancellationToken cancellationToken)
    {
        var applied = items.Select(i => (Kind: (ResourceKind?)i.Kind, i.Metadata.Name)).ToHashSet();
        foreach (var item in items)
        {
            foreach (var reference in References.Of(item.Resource))
            {
                if (!applied.Contains((reference.Kind, reference.Name)) && !await ExistsAsync(tx, reference, cancellationToken).ConfigureAwait(false))
                {
                    item.Refuse(violations, reference.Key, References.Missing(reference, await KnownAsync(tx, reference.Kind, cancellationToken).ConfigureAwait(false)));
                }
            }
        }
    }

    private async Task<bool> ExistsAsync(Transaction tx, Reference reference, CancellationToken cancellationToken) => reference.Kind is { } kind
        ? await resources.GetAsync(tx, kind.ToString(), reference.Name, cancellationToken).ConfigureAwait(false) is not null
        : await credentials.GetAsync(tx, reference.Name, cancellationToken).ConfigureAwait(false) is not null;

    private async Task<IEnumerable<string>> KnownAsync(Transaction tx, ResourceKind? kind, CancellationToken cancellationToken) => kind is { } one
        ? (await resources.ListAsync(tx, one.ToString(), "", MaxKnown, cancellationToken).ConfigureAwait(false)).Select(r => r.Name)
        : (await credentials.ListAsync(tx, cancellationToken).ConfigureAwait(false)).Select(c => c.Name);
}

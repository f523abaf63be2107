using System.Globalization;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Enrollment;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>EnrollmentToken, without its secret: the hub does not have it.</summary>
internal sealed class EnrollmentTokenView(TokenStore tokens, TimeProvider clock) : IResourceView
{
    private const int MaxClusters = 100;

    public ResourceKind Kind => ResourceKind.EnrollmentToken;

    public async Task<Resource?> GetAsync(Transaction tx, string name, CancellationToken cancellationToken) =>
        await tokens.GetByNameAsync(tx, name, cancellationToken).ConfigureAwait(false) is { } row
            ? await ShowAsync(tx, row, cancellationToken).ConfigureAwait(false)
            : null;

    public async Task<IReadOnlyList<Shown>> PageAsync(Transaction tx, ViewFilter filter, string after, int limit, CancellationToken cancellationToken)
    {
        var shown = new List<Shown>();
        foreach (var row in await tokens.ListAsync(tx, after, limit, cancellationToken).ConfigureAwait(false))
        {
            shown.Add(new Shown(row.Name, await ShowAsync(tx, row, cancellationToken).ConfigureAwait(false)));
        }

        return shown;
    }

    private async Task<Resource> ShowAsync(Transaction tx, StoredToken row, CancellationToken cancellationToken)
    {
        var uses = row.Used == 0 ? [] : await tokens.UsesAsync(tx, row.Id, MaxClusters, cancellationToken).ConfigureAwait(false);
        return new Resource
        {
            EnrollmentToken = new EnrollmentToken
            {
                ApiVersion = ResourceKinds.ApiVersion,
                Kind = nameof(EnrollmentToken),
                Metadata = new ObjectMeta
                {
                    Name = row.Name,
                    Uid = row.Id,
                    Generation = 1,
                    ResourceVersion = row.Version.ToString(CultureInfo.InvariantCulture),
                    CreationTimestamp = Timestamp.FromDateTimeOffset(row.Created),
                },
                Spec = new EnrollmentTokenSpec
                {
                    ClusterNames = row.ClusterNames,
                    Labels = { row.Labels.ToDictionary() },
                    Uses = (int)row.Uses,
                    Ttl = Durations.Format(row.Expires - row.Created),
                    AutoApprove = row.Approval == "Auto",
                    RequireApproval = row.Approval == EnrollmentReader.ApprovalRequired,
                },
                Status = new EnrollmentTokenStatus
                {
                    State = State(row, clock.GetUtcNow()),
                    Used = (int)row.Used,
                    ExpiryTime = Timestamp.FromDateTimeOffset(row.Expires),
                    Clusters = { uses.Select(u => u.ClusterName).Distinct() },
                },
            },
        };
    }

    private static string State(StoredToken row, DateTimeOffset now) =>
        row.RevokedAt is not null ? "Revoked" : row.Used >= row.Uses ? "UsedUp" : row.Expires <= now ? "Expired" : "Active";
}

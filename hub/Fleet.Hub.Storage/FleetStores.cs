using Fleet.Hub.Storage.Access;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Content;
using Fleet.Hub.Storage.Enrollment;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Sources;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Storage.Work;

namespace Fleet.Hub.Storage;

/// <summary>All stores. They keep no state: what they read and write goes through the <see cref="Transaction"/> given to each call.</summary>
public sealed class FleetStores
{
    public FleetStores(ContentLimits? contentLimits = null)
    {
        Feed = new();
        Resources = new(Feed);
        Clusters = new(Feed);
        Tokens = new(Feed);
        Holds = new(Feed);
        Incidents = new(Feed);
        Audit = new(Feed);
        Content = new(contentLimits ?? new());
    }

    public ChangeFeedStore Feed { get; }

    public ResourceStore Resources { get; }

    public SourceStateStore Sources { get; } = new();

    public ClusterStore Clusters { get; }

    public SyncStore Sync { get; } = new();

    public CommandStore Commands { get; } = new();

    public RevocationStore Revocations { get; } = new();

    public DecommissionStore Decommissions { get; } = new();

    public HubMarkStore Marks { get; } = new();

    public TargetStore Targets { get; } = new();

    public SpecStore Specs { get; } = new();

    public ReportStore Reports { get; } = new();

    public RollupStore Rollups { get; } = new();

    public TokenStore Tokens { get; }

    public ChallengeStore Challenges { get; } = new();

    public ApiKeyStore ApiKeys { get; } = new();

    public CredentialStore Credentials { get; } = new();

    public HubStateStore Hub { get; } = new();

    public NodeStore Nodes { get; } = new();

    public AuditStore Audit { get; }

    public AuditSealStore AuditSeals { get; } = new();

    public WorkStore Work { get; } = new();

    public HoldStore Holds { get; }

    public IncidentStore Incidents { get; }

    public ContentStore Content { get; }
}

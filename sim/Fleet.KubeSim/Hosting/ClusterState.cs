using Fleet.KubeSim.Access;
using Fleet.KubeSim.Admission;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Simulation;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Hosting;

/// <summary>Everything that one cluster's verbs, controllers and answers work on.</summary>
internal sealed class ClusterState
{
    public ClusterState(SimulatedClusterOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        Authorizer = new RbacAuthorizer(Store);
        Addresses = new AddressAllocator(Store);
        Names = new NameGenerator(options.Seed);
        Allocation = new ServiceAllocation(Addresses);
        Admission = new AdmissionChain(this);
        Objects = new ObjectVerbs(this);
    }

    public SimulatedClusterOptions Options { get; }

    public TimeProvider Time { get; }

    public ObjectStore Store { get; } = new();

    public ResourceRegistry Registry { get; } = new();

    public Authenticator Authenticator { get; } = new();

    public RbacAuthorizer Authorizer { get; }

    public AddressAllocator Addresses { get; }

    public string AuthorityPem { get; init; } = "";

    public NameGenerator Names { get; }

    public ControllerFailures Failures { get; } = new();

    public ServiceAllocation Allocation { get; }

    public AdmissionChain Admission { get; }

    public ObjectVerbs Objects { get; }

    /// <summary>Now, as Kubernetes writes times: whole seconds, UTC.</summary>
    public string Now => Timestamp(Time.GetUtcNow());

    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}

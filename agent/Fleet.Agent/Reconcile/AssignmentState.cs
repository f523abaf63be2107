using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Core.Reports;
using Fleet.Agent.Timing;

namespace Fleet.Agent.Reconcile;

/// <summary>All that is known of one Assignment in this cluster. The pass that runs for it writes it, the watches add what they see; both under <see cref="Sync"/>.</summary>
internal sealed class AssignmentState(string uid, string name)
{
    private volatile InventoryState _inventory = InventoryState.Of(uid);
    private volatile RenderedSet? _rendered;
    private PassTurn? _turn;

    public Lock Sync { get; } = new();
    public string Uid => uid;
    public string Name { get; set; } = name;
    public Signal Wake { get; } = new();
    /// <summary>The user that is impersonated for this Assignment; empty: nobody.</summary>
    public string User { get; set; } = "";
    /// <summary>It may not act at all: it is shown nothing either.</summary>
    public bool IsRefused { get; set; }

    /// <summary>What is owned; written by the pass alone.</summary>
    public InventoryState Inventory
    {
        get => _inventory;
        set => _inventory = value;
    }

    /// <summary>What is stored; differs from <see cref="Inventory"/> only while a pass runs.</summary>
    public InventoryState? StoredInventory { get; set; }

    /// <summary>The last rendering that worked, perhaps of an earlier revision.</summary>
    public RenderedSet? Rendered
    {
        get => _rendered;
        set => _rendered = value;
    }

    /// <summary>What the last Report was about, and since when.</summary>
    public (WorkStep Step, string? Revision, string? SpecDigest) Step { get; set; }
    public DateTimeOffset StepSince { get; set; }
    public DateTimeOffset? ErrorSince { get; set; }
    private readonly Dictionary<ObjectKey, (HealthState State, DateTimeOffset Since)> _since = [];
    /// <summary>What was found wrong with the stored Inventory, for the Report.</summary>
    public string Lost { get; set; } = "";
    public int Priority { get; set; }
    /// <summary>The last Plan would be another one if others rendered, took or let go of something.</summary>
    public bool DependsOnOthers { get; set; }
    /// <summary>Namespaces that another Assignment keeps.</summary>
    public IReadOnlyCollection<ObjectKey> Shared { get; set; } = [];
    /// <summary>What was last applied whole.</summary>
    public string AppliedRevision { get; set; } = "";
    public string AppliedSpecDigest { get; set; } = "";
    public Dictionary<ObjectKey, Observation> Observed { get; } = [];
    public Dictionary<ObjectKey, FailedApply> Failed { get; } = [];
    public Dictionary<ObjectKey, CorrectionHistory> Corrections { get; } = [];
    public DriftLog Drifts { get; } = new();
    /// <summary>Objects being written: what the watch sees of them meanwhile is judged after the answer, with the fields that it brings.</summary>
    public Dictionary<ObjectKey, InFlight> Writing { get; } = [];
    /// <summary>Jobs that were seen to be done since the last pass.</summary>
    public HashSet<ObjectKey> DoneJobs { get; } = [];

    /// <summary>Of the Assignment as a whole.</summary>
    public ReportError? Error { get; set; }
    public int Failures { get; set; }
    public int Pruned { get; set; }
    public int CorrectionsMade { get; set; }
    public DateTimeOffset? LastCorrection { get; set; }
    public DateTimeOffset NextFullCheck { get; set; }
    /// <summary>Set by a Command: look at everything now.</summary>
    public bool CheckNow { get; set; }
    public IReadOnlyList<KeptItem> Kept { get; set; } = [];
    public IReadOnlyList<OwnerConflict> Conflicts { get; set; } = [];
    /// <summary>What the cluster's admission made of our last apply of an object, where it differs from the manifest: said once for each apply.</summary>
    public Dictionary<ObjectKey, string> ChangedAtAdmission { get; } = [];
    /// <summary>What must not be touched yet, and why.</summary>
    public IReadOnlyList<WaitItem> Waiting { get; set; } = [];

    /// <summary>Since when an object is in this state; nothing is kept of those that are well.</summary>
    public DateTimeOffset? SinceOf(ObjectKey key, HealthState health, DateTimeOffset now)
    {
        if (health == HealthState.Current)
        {
            _since.Remove(key);
            return null;
        }
        if (!_since.TryGetValue(key, out var known) || known.State != health) _since[key] = known = (health, now);
        return known.Since;
    }

    /// <summary>A pass begins.</summary>
    public PassTurn Begin(TimeProvider time, CancellationToken end)
    {
        lock (Sync) return _turn = new(time, end);
    }

    /// <summary>The pass that runs is about something that no longer counts.</summary>
    public void Preempt()
    {
        PassTurn? turn;
        lock (Sync) (turn, _turn) = (_turn, null);
        turn?.Preempt();
    }

    /// <summary>Takes in what a watch or a read shows of an owned object. True: it means something new.</summary>
    public bool See(KubeObject live, DateTimeOffset now)
    {
        lock (Sync)
        {
            if (Writing.TryGetValue(live.Key, out var writing))
            {
                writing.Seen = live;
                return false;
            }
            var old = Observed.GetValueOrDefault(live.Key);
            if (old is not null && IsOlder(live.ResourceVersion, old.Object.ResourceVersion)) return false;
            return Inventory.TryFind(live.Key, out var entry) && Put(live, entry, now);
        }
    }

    /// <summary>The object is not there: a GET said so.</summary>
    public bool SeeAbsent(ObjectKey key)
    {
        lock (Sync)
        {
            if (Writing.TryGetValue(key, out var writing))
            {
                writing.Recheck = true;
                return false;
            }
            var old = Observed.GetValueOrDefault(key);
            Observed[key] = Observation.Absent;
            return Observation.Absent.MeansOtherThan(old);
        }
    }

    /// <summary>From here on the watch's word on this object waits.</summary>
    public void BeginWrite(ObjectKey key)
    {
        lock (Sync) Writing[key] = new();
    }

    /// <summary>The write is over; the answer, or what the watch saw later than it, counts.</summary>
    /// <param name="key">Which object.</param>
    /// <param name="answer">The server's answer; null when the write failed.</param>
    /// <param name="now">The time.</param>
    /// <returns>True when the object must be read again: it was seen to go while it was written.</returns>
    public bool EndWrite(ObjectKey key, KubeObject? answer, DateTimeOffset now)
    {
        lock (Sync)
        {
            Writing.Remove(key, out var writing);
            if (!Inventory.TryFind(key, out var entry)) return false;
            if (answer is not null) Put(answer, entry, now);
            if (writing?.Seen is { } seen && (answer is null || !IsOlder(seen.ResourceVersion, answer.ResourceVersion))) Put(seen, entry, now);
            return writing?.Recheck == true;
        }
    }

    /// <summary>Versions are opaque, but where both are numbers the smaller one is the older one (guaranteed since Kubernetes 1.35, true before).</summary>
    internal static bool IsOlder(string version, string than) =>
        ulong.TryParse(version, out var a) && ulong.TryParse(than, out var b) && a < b;

    private bool Put(KubeObject live, InventoryEntry entry, DateTimeOffset now)
    {
        var old = Observed.GetValueOrDefault(live.Key);
        var seen = ObservedObject.Of(live, entry.Fields, old?.Object.Judged);
        // Only our own values count for a verdict: while they stand as they were judged, it stands too.
        if (seen.Judged is { } judged) seen = seen with { Judged = seen.ValuesHash == old!.Object.ValuesHash ? judged with { ResourceVersion = live.ResourceVersion } : null };
        var health = HealthRules.Compute(live, now);
        var next = new Observation(seen, health) { HasOurEntry = ManagedEntry.OfApply(live, Ownership.FieldManager)?.ApiVersion == live.ApiVersion };
        Observed[live.Key] = next;
        if (live is { Kind: "Job", Group: "batch" } && live.Uid == entry.Uid && !entry.JobDone && JobHealth.IsDone(live)) DoneJobs.Add(live.Key);
        return next.MeansOtherThan(old);
    }

    /// <summary>What happened to an object while it was being written.</summary>
    internal sealed class InFlight
    {
        public KubeObject? Seen { get; set; }
        public bool Recheck { get; set; }
    }
}

using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Agent.Core.Tests.Plan;

/// <summary>
/// Three Assignments over one small cluster: files move, renders fail, writes fail, the agent dies between any two lines. No
/// Plan may ever delete what somebody wants, what is not ours, or what an operator has not let go; and in the end all is as wanted.
/// </summary>
public sealed class PlannerPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public Task Plans_WhateverHappens_DeleteOnlyWhatIsMeant() => RunAsync(400);

    [Fact]
    [Trait("Category", "Long")]
    public Task Plans_WhateverHappensForLong_DeleteOnlyWhatIsMeant() => RunAsync(20_000);

    private Task RunAsync(int runs, [System.Runtime.CompilerServices.CallerMemberName] string test = "") => TestSeed.For(output.WriteLine, test).ForEachAsync(runs, (_, random) =>
    {
        var town = new Town(random);
        for (var step = 0; step < 60; step++) town.Step();
        town.SettleDown();
        return Task.CompletedTask;
    });

    private sealed class Town(Random random)
    {
        private static readonly (string Kind, string Name, string Ns)[] All =
            [.. Enumerable.Range(0, 12).Select(i => ("ConfigMap", $"c{i}", "ns")), ("Namespace", "n", ""), ("PersistentVolumeClaim", "p", "ns"), ("Deployment", "d", "ns")];
        private readonly List<Flat> _flats = [.. Enumerable.Range(0, 3).Select(i => new Flat($"a{i}", random.Next(2)))];
        private readonly Dictionary<ObjectKey, Thing> _cluster = [];
        private int _uids;

        public void Step()
        {
            var flat = _flats[random.Next(_flats.Count)];
            switch (random.Next(12))
            {
                case 0: Retarget(flat, random.Next(8) == 0 ? 0 : random.Next(1, 9)); break;
                case 1: Move(flat, _flats[random.Next(_flats.Count)]); break;
                case 2 when random.Next(3) == 0: Crash(); break;
                case 3 when random.Next(3) == 0: Meddle(); break;
                case 4: (flat.Consent, flat.ConsentVersion) = (new(random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0), flat.Version); break;
                case 5: (flat.Suspended, flat.Prunes, flat.AdoptAlways) = (random.Next(5) == 0, random.Next(5) > 0, random.Next(2) == 0); break;
                case 6 when random.Next(4) == 0: (flat.Removal, flat.Target, flat.Rendered, flat.Version) = (new(random.Next(2) == 0), [], null, flat.Version + 1); break;
                case 7 or 8: flat.Render(); break;
                default: Pass(flat, failing: random.Next(3) == 0); break;
            }
        }

        /// <summary>No more trouble: every wanted object stands and has one owner, and whoever keeps more says why.</summary>
        public void SettleDown()
        {
            foreach (var flat in _flats)
            {
                (flat.Suspended, flat.Prunes) = (false, true);
                flat.Render();
            }
            for (var round = 0; round < 12; round++)
            {
                foreach (var flat in _flats) Pass(flat, failing: false, quiet: true);
            }
            foreach (var key in _flats.SelectMany(f => f.Target).Distinct())
            {
                Assert.True(_cluster.ContainsKey(key), $"{key} is wanted and not there");
                Assert.Contains(_flats, f => f.Target.Contains(key) && f.Inventory.TryFind(key, out var e) && !e.IsIntent);
                if (key.Kind == "Namespace") continue;
                var best = _flats.Where(f => f.Target.Contains(key)).Max(f => f.Priority);
                var owner = Assert.Single(_flats, f => f.Inventory.TryFind(key, out var e) && !e.IsIntent);
                Assert.Equal(best, owner.Priority);
                Assert.Equal(owner.Uid, _cluster[key].Owner);
            }
            foreach (var flat in _flats)
            {
                var extra = flat.Inventory.Entries.Where(e => !flat.Target.Contains(e.Key)).Select(e => e.Key).ToHashSet();
                Assert.Equal(extra, flat.LastKept.Select(k => k.Key).ToHashSet());
            }
        }

        private void Retarget(Flat flat, int size)
        {
            flat.Target = [.. All.OrderBy(_ => random.Next()).Take(size).Select(a => World.Key(a.Kind, a.Name, a.Ns))];
            (flat.Version, flat.Removal) = (flat.Version + 1, null);
        }

        private void Move(Flat from, Flat to)
        {
            if (from.Target.Count == 0 || from == to || to.Removal is not null) return;
            var key = from.Target.ElementAt(random.Next(from.Target.Count));
            from.Target = [.. from.Target.Where(k => k != key)];
            to.Target = [.. to.Target, key];
            from.Version++;
            to.Version++;
        }

        private void Crash()
        {
            foreach (var flat in _flats) (flat.Rendered, flat.Inventory) = (null, flat.Stored);
        }

        /// <summary>People and other tools: an object goes, loses its label, or is annotated.</summary>
        private void Meddle()
        {
            if (_cluster.Count == 0) return;
            var key = _cluster.Keys.ElementAt(random.Next(_cluster.Count));
            switch (random.Next(3))
            {
                case 0: _cluster.Remove(key); break;
                case 1: _cluster[key] = _cluster[key] with { Never = !_cluster[key].Never }; break;
                default: _cluster[key] = new($"u{++_uids}", "somebody", false); break;
            }
        }

        private void Pass(Flat flat, bool failing, bool quiet = false)
        {
            if (flat.Rendered is not { } rendered && flat.Removal is null) return;
            var desired = flat.Removal is not null ? [] : flat.Rendered!.Select(k => World.Desire(k.Kind, k.Name, k.Namespace)).ToList();
            var request = Request(flat, desired);
            var plan = Planner.Make(request);
            flat.Inventory = flat.Inventory.Intend(plan.Apply.Select(i => (i.Key, i.Desired.Object.ApiVersion)));
            if (plan.Stages.Count > 0) flat.Stored = flat.Inventory;
            var failed = new List<ObjectKey>();
            foreach (var item in plan.Apply)
            {
                if (!quiet && random.Next(40) == 0)
                {
                    Crash();
                    return;
                }
                if (failing && random.Next(4) == 0) failed.Add(item.Key);
                else Apply(flat, item);
            }
            var (prune, keep) = PruneGate.After(plan, failed);
            flat.LastKept = keep;
            foreach (var item in prune)
            {
                if (!quiet && random.Next(40) == 0)
                {
                    Crash();
                    return;
                }
                if (item.Action == PruneAction.Delete) Judge(flat, item, desired, failed, prune.Count(p => p.Action == PruneAction.Delete), request.Inventory.Count);
                // As the Pruner does: what is not provably ours stays.
                if (item.Action == PruneAction.Delete && _cluster.GetValueOrDefault(item.Key) is { } live && live.Owner == flat.Uid) _cluster.Remove(item.Key);
                if (item.Action == PruneAction.Release && _cluster.GetValueOrDefault(item.Key) is { } kept && kept.Owner == flat.Uid) _cluster[item.Key] = kept with { Owner = "" };
                flat.Inventory = flat.Inventory.Without(item.Key);
            }
            if (quiet || random.Next(20) > 0) flat.Stored = flat.Inventory;
        }

        private void Apply(Flat flat, ApplyItem item)
        {
            var live = _cluster.GetValueOrDefault(item.Key) ?? new($"u{++_uids}", "", false);
            var foreign = live.Owner.Length > 0 && _flats.TrueForAll(f => f.Uid != live.Owner);
            _cluster[item.Key] = live with { Owner = flat.Uid };
            var adopted = item.Entry is { } entry ? entry.Adopted : foreign;
            flat.Inventory = flat.Inventory.With(new()
            {
                Key = item.Key,
                ApiVersion = item.Desired.Object.ApiVersion,
                Uid = live.Uid,
                RenderedHash = item.Desired.Hash,
                ValuesHash = "v",
                Adopted = adopted,
            });
        }

        private PlanRequest Request(Flat flat, List<DesiredObject> desired)
        {
            var claims = new Dictionary<ObjectKey, Claim>();
            foreach (var other in _flats.Where(f => f != flat && f.Rendered is not null).OrderByDescending(f => f.Priority).ThenByDescending(f => f.Uid))
            {
                foreach (var key in other.Rendered!)
                {
                    var claim = new Claim(other.Uid, other.Uid, other.Priority, other.Inventory.TryFind(key, out var e) && !e.IsIntent, World.Desire(key.Kind, key.Name, key.Namespace).Hash);
                    if (!claims.TryGetValue(key, out var known) || claim.IsBefore(known)) claims[key] = claim;
                }
            }
            return new()
            {
                Now = Kube.Now,
                Owner = new("hub", flat.Uid),
                AssignmentName = flat.Uid,
                Priority = flat.Priority,
                Desired = new(desired, [], []),
                IsRenderComplete = flat.Removal is not null || flat.IsWhole,
                Inventory = flat.Inventory,
                Observed = flat.Inventory.Entries.ToDictionary(e => e.Key, e => _cluster.GetValueOrDefault(e.Key) is { } live ? new ObservedObject { Uid = live.Uid, ResourceVersion = "1", ValuesHash = live.Owner == flat.Uid ? "v" : "other", PruneNever = live.Never, Judged = new("1", new([new("x", "1", "2", "m")], 0)) } : ObservedObject.Absent),
                Claims = claims,
                Unread = [.. _flats.Where(f => f != flat && f.Removal is null && !f.IsWhole).Select(f => f.Uid)],
                IsPruneEnabled = flat.Prunes,
                IsSuspended = flat.Suspended && flat.Removal is null,
                IsAdoptedDeletable = flat.AdoptAlways,
                Consent = flat.Consent is { } consent && flat.ConsentVersion == flat.Version ? consent : PruneConsent.None,
                Removal = flat.Removal,
            };
        }

        /// <summary>The rules once more, from the truth and not from what the Planner was told.</summary>
        private void Judge(Flat flat, PruneItem item, List<DesiredObject> desired, List<ObjectKey> failed, int deletions, int owned)
        {
            var key = item.Key;
            Assert.True(flat.Inventory.TryFind(key, out var entry), $"{key} is not owned");
            Assert.DoesNotContain(_flats, f => f.Target.Contains(key));
            Assert.DoesNotContain(_flats, f => f != flat && f.Removal is null && !f.IsWhole);
            Assert.False(_cluster.GetValueOrDefault(key) is { Never: true }, $"{key} is annotated never");
            var consent = flat.ConsentVersion == flat.Version ? flat.Consent ?? PruneConsent.None : PruneConsent.None;
            Assert.False(entry.Adopted && !flat.AdoptAlways, $"{key} existed before");
            if (flat.Removal is { } removal)
            {
                Assert.True(removal.Delete);
                Assert.False(PruneRules.IsProtected(key));
                return;
            }
            Assert.True(flat.IsWhole && flat.Prunes && !flat.Suspended && failed.Count == 0);
            Assert.True(!PruneRules.IsProtected(key) || consent.ProtectedKinds);
            Assert.True(desired.Count > 0 || consent.EmptyRender);
            Assert.True(desired.Count == 0 || deletions <= Math.Max(3, owned / 5) || consent.Mass);
        }
    }

    private sealed record Thing(string Uid, string Owner, bool Never);

    private sealed class Flat(string uid, int priority)
    {
        public string Uid => uid;
        public int Priority => priority;
        public HashSet<ObjectKey> Target { get; set; } = [];
        public int Version { get; set; }
        public HashSet<ObjectKey>? Rendered { get; set; }
        public int RenderedVersion { get; set; }
        public InventoryState Inventory { get; set; } = InventoryState.Of(uid);
        public InventoryState Stored { get; set; } = InventoryState.Of(uid);
        public PruneConsent? Consent { get; set; }
        public int ConsentVersion { get; set; }
        public bool Suspended { get; set; }
        public bool Prunes { get; set; } = true;
        public bool AdoptAlways { get; set; }
        public RemovalOrder? Removal { get; set; }
        public IReadOnlyList<KeptItem> LastKept { get; set; } = [];
        public bool IsWhole => Rendered is not null && RenderedVersion == Version;

        public void Render()
        {
            if (Removal is null) (Rendered, RenderedVersion) = (Target, Version);
        }
    }
}

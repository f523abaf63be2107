using Fleet.V1;
using Grpc.Core;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>One run: a random history of what people order, mixed with faults; then quiet, and the judgement.</summary>
internal sealed class ChaosRun(ChaosWorld world, int number, Random random)
{
    private readonly FleetModel _model = new(world.Clusters);
    private readonly List<string> _story = [];
    private int _names;

    /// <summary>What happened, for a failing run's message.</summary>
    public string Story => string.Join('\n', _story);

    public FleetModel Model => _model;

    public async Task PlayAsync()
    {
        foreach (var agent in world.Agents)
        {
            agent.Cluster.Requests.Clear();
        }

        var faults = new ChaosFaults(world, Note);
        try
        {
            await BeginAsync();
            if (random.Next(2) == 0)
            {
                await QuietAsync("begun");
            }

            for (var steps = random.Next(2, 7); steps > 0; steps--)
            {
                if (random.Next(3) != 0)
                {
                    faults.Inject(random);
                }

                await StepAsync();
                await Task.Delay(random.Next(0, 120));
            }

            await MendAsync();
            await faults.EndAsync();
            await QuietAsync("mended");

            // The end of everything, in half of the runs under faults again: what was confirmed happens.
            if (random.Next(2) == 0)
            {
                faults.Inject(random);
            }

            foreach (var assignment in _model.Live.ToList())
            {
                await DeleteAsync(assignment, keep: false);
            }

            await faults.EndAsync();
            await QuietAsync("ended");
            Judge();
        }
        finally
        {
            await faults.EndAsync();
            CleanUp();
        }
    }

    /// <summary>What the judge says against the run so far.</summary>
    public void Judge()
    {
        var found = world.Clusters.SelectMany(c => DeletionJudge.Unjustified(c, world[c].Requests.Snapshot(), _model)).ToList();
        Assert.True(found.Count == 0, $"unintended deletions:\n{string.Join('\n', found)}\n{Story}");
    }

    private void Note(string line) => _story.Add($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}");

    private async Task BeginAsync()
    {
        foreach (var cluster in world.Clusters)
        {
            var wanted = ChaosWorld.Groups.Where(_ => random.Next(4) != 0).ToList();
            await LabelAsync(cluster, wanted, [.. ChaosWorld.Groups.Except(wanted)]);
            _model.Groups[cluster].UnionWith(wanted);
        }

        var first = Enumerable.Range(0, random.Next(2, 4)).Select(_ => NewAssignment()).ToList();
        await CommitAsync();
        await world.ApplyAsync(string.Concat(first.Select(Declaration)));
    }

    private async Task StepAsync()
    {
        var assignments = _model.Live.Where(a => !a.IsEmptiedByMistake).ToList();
        var assignment = assignments.Count == 0 ? null : assignments[random.Next(assignments.Count)];
        var objects = assignment?.Objects.ToList() ?? [];
        var o = objects.Count == 0 ? null : objects[random.Next(objects.Count)];
        var pick = random.Next(100);
        switch (pick)
        {
            case < 18 when o is not null:
                assignment!.Change(o with { Value = o.Value + 1 });
                Note($"change {o.Id} of {assignment.Name}");
                await CommitAsync();
                break;
            case < 32 when assignment is not null:
                for (var n = random.Next(1, 4); n > 0; n--)
                {
                    Add(assignment);
                }

                await CommitAsync();
                break;
            case < 46 when objects.Count > 1:
                foreach (var gone in objects.OrderBy(x => x.Id.Name, StringComparer.Ordinal).Take(random.Next(1, Math.Min(4, objects.Count))))
                {
                    foreach (var cluster in _model.Members(assignment!))
                    {
                        _model.Order(cluster, gone.Id);
                    }

                    assignment!.Take(gone.Id);
                    Note($"remove {gone.Id} of {assignment.Name}");
                }

                await CommitAsync();
                break;
            case < 52 when o is not null:
                assignment!.Take(o.Id);
                assignment.Put(NewFile(), o);
                Note($"move {o.Id} to another file of {assignment.Name}");
                await CommitAsync();
                break;
            case < 60 when objects.Count > 1 && assignments.Count > 1:
                var to = assignments.First(a => a != assignment);
                await HandOverAsync(o!, assignment!, to);
                break;
            case < 66 when _model.Live.Count() < 4:
                await CreateAsync();
                break;
            case < 72 when assignment is not null && assignments.Count > 1:
                await DeleteAsync(assignment, keep: random.Next(4) == 0);
                break;
            case < 82:
                await FlipAsync();
                break;
            case < 95:
                await DriftAsync();
                break;
            case < 98 when assignment is not null && objects.Count > 0:
                assignment.IsEmptiedByMistake = true;
                Note($"{assignment.Name} is emptied by mistake");
                await CommitAsync();
                break;
            default:
                await world.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));
                break;
        }
    }

    private async Task HandOverAsync(ModelObject o, ModelAssignment from, ModelAssignment to)
    {
        // Known limit: two Assignments' targets are two changes at the hub, and between them neither may hold the object, so that
        // it is deleted and made anew. What leaves with the clusters that only the first one has is meant in any case.
        foreach (var left in _model.Members(from))
        {
            _model.Order(left, o.Id);
        }

        from.Take(o.Id);
        to.Put(NewFile(), o);
        Note($"move {o.Id} from {from.Name} to {to.Name}");
        await CommitAsync();
    }

    private async Task CreateAsync()
    {
        var assignment = NewAssignment();
        await CommitAsync();
        await world.ApplyAsync(Declaration(assignment));
    }

    private ModelAssignment NewAssignment()
    {
        var name = $"r{number}-a{_names++}";
        var assignment = new ModelAssignment(name, ChaosWorld.Groups[random.Next(ChaosWorld.Groups.Length)], random.Next(2) == 0 ? "keep" : "delete");
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            Add(assignment);
        }

        Note($"create {name} for {assignment.Group}, onRemove {assignment.OnRemove}: {string.Join(", ", assignment.Objects.Select(o => o.Id))}");
        _model.Assignments.Add(assignment);
        return assignment;
    }

    private static string Declaration(ModelAssignment assignment) =>
        Yaml.Assignment(assignment.Name, "app", assignment.Group, assignment.Path, $"onRemove: {assignment.OnRemove}\n  adopt: always");

    private void Add(ModelAssignment assignment)
    {
        var kind = ModelObject.Kinds[random.Next(ModelObject.Kinds.Length)];
        var o = new ModelObject(new ObjectId(kind, random.Next(3) == 0 ? "shop" : "default", $"r{number}-o{_names++}"), random.Next(1000));
        assignment.Put(assignment.Files.Count > 0 && random.Next(2) == 0 ? assignment.Files.Keys.First() : NewFile(), o);
        Note($"add {o.Id} to {assignment.Name}");
    }

    private string NewFile() => $"f{_names++}.yaml";

    private async Task CommitAsync()
    {
        var files = new List<KeyValuePair<string, string>> { new("README.md", "chaos") };
        foreach (var assignment in _model.Assignments)
        {
            files.Add(new($"{assignment.Path}/README.md", assignment.Name));
            if (!assignment.IsEmptiedByMistake)
            {
                files.AddRange(assignment.Files.Select(f => new KeyValuePair<string, string>($"{assignment.Path}/{f.Key}", string.Concat(f.Value.Select(o => o.Manifest)))));
            }
        }

        var commit = world.Git.Commit(files);
        Note($"commit {commit[..8]}");

        // Not always: polls come by themselves too, and several commits in one.
        if (random.Next(3) != 0)
        {
            await world.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));
        }
    }

    private async Task DeleteAsync(ModelAssignment assignment, bool keep)
    {
        _model.Delete(assignment, keep);
        Note($"delete {assignment.Name}, {(keep ? "keep" : "delete")}");
        try
        {
            await world.AskAsync((api, options) => api.DeleteAsync(new DeleteRequest { Kind = "Assignment", Name = assignment.Name, Confirm = assignment.Name, Policy = keep ? "keep" : "delete" }, options));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // The answer of the first try was lost.
        }
    }

    private async Task FlipAsync()
    {
        var cluster = world.Clusters[random.Next(world.Clusters.Count)];
        var group = ChaosWorld.Groups[random.Next(ChaosWorld.Groups.Length)];
        if (_model.Groups[cluster].Contains(group))
        {
            _model.Leave(cluster, group);
            Note($"{cluster} leaves {group}");
            await LabelAsync(cluster, [], [group]);
        }
        else
        {
            // Named before: what is left from an earlier stay may be taken over again.
            _model.Groups[cluster].Add(group);
            Note($"{cluster} joins {group}");
            await LabelAsync(cluster, [group], []);
        }
    }

    private Task LabelAsync(string cluster, IReadOnlyList<string> set, IReadOnlyList<string> remove)
    {
        var request = new LabelClusterRequest { Name = cluster, Confirm = true, Remove = { remove } };
        foreach (var label in set)
        {
            request.Set[label] = "on";
        }

        return world.AskAsync((api, options) => api.LabelClusterAsync(request, options));
    }

    /// <summary>Somebody changes, or deletes, an object by hand.</summary>
    private Task DriftAsync()
    {
        var cluster = world.Clusters[random.Next(world.Clusters.Count)];
        var wanted = _model.Wanted(cluster).Keys.OrderBy(k => k.Name, StringComparer.Ordinal).ToList();
        if (wanted.Count > 0)
        {
            var id = wanted[random.Next(wanted.Count)];
            var delete = random.Next(3) == 0;
            var store = world[cluster].Store;
            if (store.Get(id.ApiVersion, id.Kind, id.Namespace, id.Name) is not null)
            {
                Note($"by hand in {cluster}: {(delete ? "delete" : "change")} {id}");
                if (delete)
                {
                    store.Delete(id.ApiVersion, id.Kind, id.Namespace, id.Name);
                }
                else
                {
                    ByHand.Change(store, id);
                }
            }
        }

        return Task.CompletedTask;
    }

    private async Task MendAsync()
    {
        var emptied = _model.Assignments.Where(a => a.IsEmptiedByMistake).ToList();
        emptied.ForEach(a => a.IsEmptiedByMistake = false);
        if (emptied.Count > 0)
        {
            await CommitAsync();
        }
    }

    private async Task QuietAsync(string what)
    {
        Note($"quiet wanted: {what}");
        var answers = new HoldAnswers(world, _model, random.Next(2) == 0, Note);
        var view = new FleetCheck(world, _model);
        await world.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));
        var turns = 0;
        var missing = "";
        try
        {
            await world.UntilAsync($"run {number}: {what}", async () =>
            {
                var lacks = await LacksAsync();
                if (lacks is not null && lacks != missing)
                {
                    missing = lacks;
                    Note($"not yet: {(lacks.Length > 300 ? lacks[..300] : lacks)}");
                }

                return lacks;
            });
            Note($"quiet: {what}");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{Story}", e);
        }

        async Task<string?> LacksAsync()
        {
            await answers.GiveAsync();
            if (++turns % 20 == 0)
            {
                await world.AskAsync((api, options) => api.SyncAsync(new SyncRequest { Source = "app" }, options));
            }

            return view.Clusters() ?? await view.HubAsync();
        }
    }

    /// <summary>What was let go of on purpose would meet the next run's eyes.</summary>
    private void CleanUp()
    {
        foreach (var cluster in world.Clusters)
        {
            foreach (var id in _model.Assignments.SelectMany(a => a.Ever))
            {
                world[cluster].Store.Delete(id.ApiVersion, id.Kind, id.Namespace, id.Name);
            }
        }
    }
}

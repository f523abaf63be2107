using Fleet.Hub.Access;
using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Apply: all of it or none, and every mistake at once.</summary>
internal sealed class ApplyCall(FleetDatabase database, ReferenceChecks references, DeclaredWrites declared, ClusterWrites clusters)
{
    public async Task<ApplyResponse> ApplyAsync(ApplyRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var violations = new ViolationList();
        var items = ApplyReader.Read(request.Files, request.Resources, violations);

        // Also when there are mistakes: what the database has to say comes with them, not one call later.
        var (response, found) = request.DryRun || violations.Any
            ? await database.ReadAsync((tx, cancel) => ApplyAsync(tx, items, violations.Found, caller, write: false, cancel), cancellationToken).ConfigureAwait(false)
            : await WriteAsync(items, caller, cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? response : throw Refusals.Violations(InOrder(found, request.Files));
    }

    private async Task<(ApplyResponse, IReadOnlyList<ApplyViolation>)> WriteAsync(IReadOnlyList<ApplyItem> items, Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(
                async (tx, cancel) =>
                {
                    var result = await ApplyAsync(tx, items, [], caller, write: true, cancel).ConfigureAwait(false);

                    // Thrown, so that what was written of the others is rolled back.
                    return result.Violations.Count == 0 ? result : throw new RefusedException(result.Violations);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (RefusedException e)
        {
            return (new ApplyResponse(), e.Violations);
        }
    }

    private async Task<(ApplyResponse Response, IReadOnlyList<ApplyViolation> Violations)> ApplyAsync(
        Transaction tx, IReadOnlyList<ApplyItem> items, IReadOnlyList<ApplyViolation> before, Caller caller, bool write, CancellationToken cancellationToken)
    {
        // A transaction that collides runs again: nothing of a first run may be left in what it was given.
        var violations = new ViolationList();
        await references.CheckAsync(tx, items, violations, cancellationToken).ConfigureAwait(false);
        var response = new ApplyResponse();
        foreach (var item in items)
        {
            var result = item.Kind == ResourceKind.Cluster
                ? await clusters.ApplyAsync(tx, item, violations, caller, write, cancellationToken).ConfigureAwait(false)
                : await declared.ApplyAsync(tx, item, violations, caller, write, cancellationToken).ConfigureAwait(false);
            if (result is not null)
            {
                response.Results.Add(result);
            }
        }

        return (response, [.. before, .. violations.Found]);
    }

    // As a reader goes through them: file by file, from the top.
    private static IReadOnlyList<ApplyViolation> InOrder(IReadOnlyList<ApplyViolation> found, IReadOnlyList<SourceFile> files)
    {
        var order = files.Select((file, index) => (file.Name, index)).DistinctBy(f => f.Name).ToDictionary(f => f.Name, f => f.index, StringComparer.Ordinal);
        return [.. found.OrderBy(v => order.GetValueOrDefault(v.File, int.MaxValue)).ThenBy(v => v.Line).ThenBy(v => v.Column)];
    }

    private sealed class RefusedException(IReadOnlyList<ApplyViolation> violations) : Exception
    {
        public IReadOnlyList<ApplyViolation> Violations { get; } = violations;
    }
}

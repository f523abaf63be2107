using System.Globalization;

namespace Fleet.Hub.Enrollment;

/// <summary>
/// The revoked clusters, in a file beside the database: a database that is restored from before a revocation must not
/// bring the revoked identity back to life.
/// </summary>
internal sealed class RevocationJournal
{
    private readonly string _path;
    private readonly Lock _gate = new();
    private HashSet<Guid> _revoked;

    public RevocationJournal(string folder)
    {
        _path = Path.Combine(folder, "revocations.log");
        _revoked = [.. Read(_path)];
    }

    /// <summary>All that were ever revoked.</summary>
    public IReadOnlyCollection<Guid> Revoked => _revoked;

    /// <summary>True when the identity was revoked; what the journal says outweighs the database.</summary>
    public bool IsRevoked(Guid clusterId) => _revoked.Contains(clusterId);

    /// <summary>Adds one, on disk before it returns. To be called before the database is changed: a crash between leaves the safe half.</summary>
    public void Add(Guid clusterId, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_revoked.Contains(clusterId))
            {
                return;
            }

            using (var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{clusterId:D} {now:yyyy-MM-ddTHH:mm:ssZ}\n")));
                file.Flush(flushToDisk: true);
            }

            // Replaced whole, so that readers need no lock.
            _revoked = [.. _revoked, clusterId];
        }
    }

    // A line that was cut by a crash is no id and stands last; the revocation it was for was never confirmed.
    private static IEnumerable<Guid> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        foreach (var line in File.ReadLines(path))
        {
            if (Guid.TryParseExact(line.Split(' ')[0], "D", out var id))
            {
                yield return id;
            }
        }
    }
}

using Fleet.Hub.Storage.Content;

namespace Fleet.Hub.Content;

/// <summary>What one answer is made of: pages that can be made one by one, so that a slow reader holds one page and not the answer.</summary>
/// <param name="Key">Names the answer; pages are shared by their place in it.</param>
/// <param name="Pages">In order: commit, trees, blobs.</param>
/// <param name="TreeBases">Tree → an earlier form of it that the agent has.</param>
internal sealed record ContentPlan(string Key, IReadOnlyList<ContentPage> Pages, IReadOnlyDictionary<string, string> TreeBases)
{
    /// <summary>Deals objects out to pages of bounded size; a large one gets pages of its own, a slice each.</summary>
    public static ContentPlan Of(string key, IEnumerable<ObjectEntry> objects, IReadOnlyDictionary<string, string> treeBases, int pageBytes)
    {
        var pages = new List<ContentPage>();
        var oids = new List<string>();
        long bytes = 0;
        foreach (var entry in objects.OrderBy(entry => Rank(entry.Type)).ThenBy(entry => entry.Oid, StringComparer.Ordinal))
        {
            if (entry.Size > pageBytes)
            {
                for (long offset = 0; offset < entry.Size; offset += pageBytes)
                {
                    pages.Add(new ContentPage([entry.Oid], offset, (int)Math.Min(pageBytes, entry.Size - offset)));
                }

                continue;
            }

            if (oids.Count > 0 && bytes + entry.Size > pageBytes)
            {
                pages.Add(new ContentPage([.. oids]));
                oids.Clear();
                bytes = 0;
            }

            oids.Add(entry.Oid);
            bytes += entry.Size + Overhead;
        }

        if (oids.Count > 0)
        {
            pages.Add(new ContentPage([.. oids]));
        }

        return new ContentPlan(key, pages, treeBases);
    }

    // Id, type and size of each object.
    private const int Overhead = 64;

    private static int Rank(string type) => type switch { "commit" => 0, "tree" => 1, _ => 2 };
}

/// <summary>The objects of one part, or a slice of a large one.</summary>
internal sealed record ContentPage(IReadOnlyList<string> Oids, long Offset = 0, int Slice = 0)
{
    public bool IsSlice => Slice > 0;
}

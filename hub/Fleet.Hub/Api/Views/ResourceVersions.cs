using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Api.Views;

/// <summary>
/// resourceVersion: the row's version, and a digest of what was declared. Status is written every few seconds: a version
/// alone would make "read, edit, apply" fail for changes that nobody made.
/// </summary>
internal static class ResourceVersions
{
    public static string Of(StoredResource row) => Join(row.Version, row.Body);

    public static string Of(StoredCluster row)
    {
        var declared = new StringBuilder();
        foreach (var (key, value) in row.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Concat(row.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal)))
        {
            declared.Append(key).Append('\0').Append(value).Append('\n');
        }

        return Join(row.Version, [.. Encoding.UTF8.GetBytes(declared.ToString()), .. row.Spec]);
    }

    /// <summary>Whether what was declared is still what it was when that version was read.</summary>
    public static bool IsCurrent(string given, string stored) =>
        given == stored || (given.IndexOf('-', StringComparison.Ordinal) is > 0 and var cut && stored.AsSpan(stored.IndexOf('-', StringComparison.Ordinal)).SequenceEqual(given.AsSpan(cut)));

    private static string Join(long version, ReadOnlySpan<byte> declared) =>
        string.Create(CultureInfo.InvariantCulture, $"{version}-{Convert.ToHexStringLower(SHA256.HashData(declared).AsSpan(0, 6))}");
}

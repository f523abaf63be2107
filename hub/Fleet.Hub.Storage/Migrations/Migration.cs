using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Fleet.Hub.Storage.Migrations;

/// <summary>One forward-only step of the schema. Steps expand first and contract later, so that two hub versions run side by side; CompatibleFrom is the oldest schema that a hub must know to work with what this step leaves.</summary>
internal sealed partial record Migration(long Version, string Name, long CompatibleFrom, string Sql)
{
    private const string Prefix = "Migrations/";

    /// <summary>All steps that this hub knows, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    private static Migration[] Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Parse(name[Prefix.Length..], Read(assembly, name)))
            .ToArray();
        for (var i = 0; i < migrations.Length; i++)
        {
            if (migrations[i].Version != i + 1)
            {
                throw new InvalidOperationException($"Migration {migrations[i].Name} should have the number {i + 1}.");
            }
        }

        return migrations;
    }

    internal static Migration Parse(string name, string sql)
    {
        var compatible = CompatibleLine().Match(sql);
        return compatible.Success
            ? new(long.Parse(name[..name.IndexOf('_', StringComparison.Ordinal)], CultureInfo.InvariantCulture), name, long.Parse(compatible.Groups[1].Value, CultureInfo.InvariantCulture), sql)
            : throw new InvalidOperationException($"Migration {name} does not begin with '-- compatible-from: N'.");
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\A-- compatible-from: (\d+)\s")]
    private static partial Regex CompatibleLine();
}

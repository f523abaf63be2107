using System.Security.Cryptography;

namespace Fleet.Hub.Storage.Sqlite;

/// <summary>The random name of the place where a SQLite file lives, kept beside it: a file moved elsewhere gets another.</summary>
internal static class SqliteIdentity
{
    private const int Length = 32;

    public static string Ensure(string database)
    {
        var file = database + ".id";
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: Length } known)
        {
            return known;
        }

        var identity = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length / 2));
        var draft = file + ".new";
        File.WriteAllText(draft, identity + "\n");
        File.Move(draft, file, overwrite: true);
        return identity;
    }
}

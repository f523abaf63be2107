using System.Reflection;
using System.Runtime.InteropServices;

namespace Fleet.Hub.Storage.Sqlite;

/// <summary>Binds SQLitePCLRaw to the system's maintained libsqlite3 instead of a copy of its own.</summary>
internal static class SystemSqlite
{
    private const string Binding = "e_sqlite3";
    private static readonly string[] Names = ["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib", "winsqlite3"];
    private static readonly Lazy<bool> Initialised = new(Initialise);

    /// <exception cref="StorageException">The library is missing.</exception>
    public static void EnsureLoaded() => _ = Initialised.Value;

    /// <summary>The first of the names that loads.</summary>
    internal static nint Load(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                return handle;
            }
        }

        throw new StorageException(
            StorageFailure.MissingLibrary,
            "SQLite's library (libsqlite3.so.0) was not found on this machine, so the hub cannot open its database. "
            + "Install it (Debian and Ubuntu: apt-get install libsqlite3-0), or give the hub a PostgreSQL database with --postgres.");
    }

    private static bool Initialise()
    {
        var handle = Load(Names);
        NativeLibrary.SetDllImportResolver(
            typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            (string library, Assembly _, DllImportSearchPath? _) => library == Binding ? handle : 0);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
        var version = SQLitePCL.raw.sqlite3_libversion_number();

        // RETURNING and UPDATE FROM; Debian has had newer ones since 2021.
        return version >= 3_035_000 ? true : throw new StorageException(
            StorageFailure.MissingLibrary,
            $"The system's SQLite is {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}; the hub needs 3.35 or later. Upgrade the package libsqlite3-0.");
    }
}

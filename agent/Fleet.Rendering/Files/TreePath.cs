namespace Fleet.Rendering.Files;

/// <summary>Paths in a tree: forward slashes, relative, no way up.</summary>
public static class TreePath
{
    /// <summary>False for a path that is absolute or leads up.</summary>
    public static bool TryNormalise(string path, out string normal)
    {
        normal = "";
        if (path.StartsWith('/') || path.Contains('\\') || path.Contains('\0')) return false;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToList();
        if (parts.Contains("..")) return false;
        normal = string.Join('/', parts);
        return true;
    }

    public static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path below a folder.</summary>
    public static string Below(string path, string folder) => folder.Length == 0 ? path : path[(folder.Length + 1)..];
}

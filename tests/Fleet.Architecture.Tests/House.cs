using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Fleet.Architecture.Tests;

/// <summary>The repository as it lies on disk: its projects, and its source files without build output.</summary>
internal static class House
{
    public static readonly string Root = FindRoot();

    public static readonly string[] ProductFolders = ["protos", "hub", "agent", "cli", "sim", "bench"];

    /// <summary>Project name → the csproj's path.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Where(IsSource)
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f)!, StringComparer.Ordinal);

    public static IEnumerable<string> SourceFiles(params string[] folders) =>
        folders.Select(f => Path.Combine(Root, f))
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*.cs", SearchOption.AllDirectories))
            .Where(IsSource)
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public static string[] References(string project) =>
        XDocument.Load(Projects[project]).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order(StringComparer.Ordinal).ToArray();

    public static string[] Packages(string project) =>
        XDocument.Load(Projects[project]).Descendants("PackageReference")
            .Select(r => r.Attribute("Include")!.Value).ToArray();

    /// <summary>The file's text without comments and string contents, so that prose is never taken for code.</summary>
    public static string Code(string file)
    {
        var text = File.ReadAllText(file);
        text = Regex.Replace(text, "\"\"\"+[\\s\\S]*?\"\"\"+", "\"\"");
        text = Regex.Replace(text, "\"(?:\\\\.|[^\"\\\\\\n])*\"", "\"\"");
        text = Regex.Replace(text, @"/\*[\s\S]*?\*/", "");
        return Regex.Replace(text, @"//[^\n]*", "");
    }

    private static bool IsSource(string path)
    {
        var parts = Relative(path).Split('/');
        return !parts.Contains("bin") && !parts.Contains("obj") && !parts.Contains("node_modules") && !parts.Contains("artifacts");
    }

    private static string FindRoot()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
        {
            if (File.Exists(Path.Combine(dir.FullName, "Fleet.sln")))
            {
                return dir.FullName;
            }
        }

        throw new InvalidOperationException("No Fleet.sln above " + AppContext.BaseDirectory);
    }
}

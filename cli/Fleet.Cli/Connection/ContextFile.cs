using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Cli.Connection;

/// <summary>The hubs that fleetctl knows: ~/.config/fleet/config.json (or FLEET_CONFIG), mode 0600, since it holds keys.</summary>
internal sealed class ContextFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public string? Current { get; set; }

    public SortedDictionary<string, HubContext> Contexts { get; set; } = new(StringComparer.Ordinal);

    public static string DefaultPath =>
        Environment.GetEnvironmentVariable("FLEET_CONFIG") is { Length: > 0 } path ? path
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "fleet", "config.json");

    public static ContextFile Load(string? path = null)
    {
        path ??= DefaultPath;
        if (!File.Exists(path))
        {
            return new ContextFile();
        }

        try
        {
            return JsonSerializer.Deserialize<ContextFile>(File.ReadAllText(path), Json) ?? new ContextFile();
        }
        catch (JsonException e)
        {
            throw new FailureException($"{path}:{e.LineNumber + 1}: not a fleetctl configuration: {e.Message}", ExitCodes.Usage, "Mend the file, or remove it and log in again.");
        }
    }

    public void Save(string? path = null)
    {
        path ??= DefaultPath;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, this, Json);
        }

        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>One hub: its address, the CA it is known by (PEM; none: the system's trust), and the key.</summary>
internal sealed class HubContext
{
    public required string Hub { get; set; }

    public string? Ca { get; set; }

    public string? Key { get; set; }
}

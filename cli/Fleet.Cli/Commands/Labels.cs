namespace Fleet.Cli.Commands;

/// <summary>KEY=VALUE as kubectl label takes it.</summary>
internal static class Labels
{
    public static (string Key, string Value) Split(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? (text[..at], text[(at + 1)..]) : throw new UsageException($"'{text}' is no label. Write KEY=VALUE.");
    }
}

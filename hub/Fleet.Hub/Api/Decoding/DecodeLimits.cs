namespace Fleet.Hub.Api.Decoding;

/// <summary>What files may cost: they come from anyone with a key, and from generators gone wrong.</summary>
internal static class DecodeLimits
{
    public const int MaxFiles = 1_000;

    /// <summary>Characters in all files together.</summary>
    public const int MaxCharacters = 8 * 1024 * 1024;

    /// <summary>Values in one file, aliases written out: ten lines of aliases can else stand for billions.</summary>
    public const int MaxNodes = 200_000;

    public const int MaxDepth = 64;

    public const int MaxResources = 5_000;

    /// <summary>Mistakes told of one call; what follows the first hundreds is mostly their echo.</summary>
    public const int MaxViolations = 500;
}

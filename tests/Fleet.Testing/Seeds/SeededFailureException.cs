namespace Fleet.Testing.Seeds;

/// <summary>A failure of a randomised test, with what it takes to see it again.</summary>
public sealed class SeededFailureException(string seed, Exception cause)
    : Exception($"{seed}\n{cause.GetType().Name}: {cause.Message}", cause);

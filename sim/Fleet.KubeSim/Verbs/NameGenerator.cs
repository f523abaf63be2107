namespace Fleet.KubeSim.Verbs;

/// <summary>Makes the random endings of generated names, from the alphabet that avoids words.</summary>
internal sealed class NameGenerator(int seed)
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 5;
    private const int MaximumPrefix = 63 - SuffixLength;
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    public string From(string prefix) => (prefix.Length > MaximumPrefix ? prefix[..MaximumPrefix] : prefix) + Suffix(SuffixLength);

    public string Suffix(int length)
    {
        Span<char> suffix = stackalloc char[length];
        lock (_gate)
        {
            _random.GetItems(Alphabet, suffix);
        }

        return suffix.ToString();
    }
}

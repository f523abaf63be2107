using Fleet.V1;

namespace Fleet.Hub.Api.Decoding;

/// <summary>A resource out of a file, and where each of its keys stands.</summary>
internal sealed class DecodedResource(Resource resource, string file, YamlMark mark, IReadOnlyDictionary<string, YamlMark> places)
{
    public Resource Resource { get; } = resource;

    public string File { get; } = file;

    /// <summary>The place of a key, or of the nearest key around it that is in the file.</summary>
    public YamlMark Find(string key)
    {
        while (key.Length > 0)
        {
            if (places.TryGetValue(key, out var found))
            {
                return found;
            }

            var cut = Math.Max(key.LastIndexOf('.'), key.LastIndexOf('['));
            key = cut < 0 ? "" : key[..cut];
        }

        return mark;
    }
}

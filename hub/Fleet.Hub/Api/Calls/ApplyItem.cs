using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>One resource of an apply, and how to say where its keys stand.</summary>
internal sealed class ApplyItem(Resource resource, DecodedResource? decoded, string prefix)
{
    public Resource Resource { get; } = resource;

    public ResourceKind Kind { get; } = ResourceMessages.KindOf(resource) ?? default;

    public ObjectMeta Metadata => ResourceMessages.Metadata(Resource);

    /// <summary>Adds a violation at a key: with file and line, or for typed resources with the key alone.</summary>
    public void Refuse(ViolationList violations, string key, string message)
    {
        if (decoded is null)
        {
            violations.Add("", default, prefix + key, message);
        }
        else
        {
            violations.Add(decoded.File, decoded.Find(key), key, message);
        }
    }

    /// <summary>Where it stands, for messages about another one.</summary>
    public string Place => decoded is null ? prefix.TrimEnd('.') : $"{decoded.File}:{decoded.Find("").Line}";
}

using Fleet.Hub.Core.Resources;
using Google.Protobuf.Reflection;

namespace Fleet.Hub.Api.Decoding;

/// <summary>Finds a message's field by the key that a user wrote.</summary>
internal static class FieldFinder
{
    /// <summary>The field of exactly that camelCase name, or null.</summary>
    public static FieldDescriptor? Find(MessageDescriptor message, string key) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == key);

    /// <summary>The message for a key that is not known.</summary>
    public static string Unknown(MessageDescriptor message, string key, string path)
    {
        var where = path.Length == 0 ? $"A {message.Name}" : Quoting.Shorten(path, 120);
        if (key == "<<")
        {
            return "Merge keys (<<) are not supported: write the keys out.";
        }

        return $"{where} has no key {Quoting.Quote(key)}.{Closest.Hint(key, Names(message))} Known are {Known(message)}.";
    }

    /// <summary>The keys that a user may write, as prose.</summary>
    public static string Known(MessageDescriptor message) => Quoting.Choices([.. Names(message)]);

    private static IEnumerable<string> Names(MessageDescriptor message) => message.Fields.InDeclarationOrder().Select(f => f.JsonName);
}

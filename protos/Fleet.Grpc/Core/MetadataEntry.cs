using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its text, or its bytes when the key ends in <c>-bin</c>.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> s_keyChars =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

        private readonly string? _value;
        private readonly byte[]? _bytes;

        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            if (IsBinary)
            {
                throw new ArgumentException($"The key '{Key}' ends in '{BinaryHeaderSuffix}', so its value must be bytes.", nameof(key));
            }

            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            if (!IsBinary)
            {
                throw new ArgumentException($"A value of bytes needs a key that ends in '{BinaryHeaderSuffix}'; '{Key}' does not.", nameof(key));
            }

            ArgumentNullException.ThrowIfNull(valueBytes);
            _bytes = [.. valueBytes];
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public string Value => _value
            ?? throw new InvalidOperationException($"The value of '{Key}' is bytes: read ValueBytes.");

        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_value!) : [.. _bytes];

        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes=({_bytes!.Length} bytes)]" : $"[Entry: key={Key}, value={_value}]";

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lower = key.ToLowerInvariant();
            if (lower.Length == 0 || lower.AsSpan().ContainsAnyExcept(s_keyChars))
            {
                throw new ArgumentException($"'{key}' is no metadata key: use letters, digits, '-', '_' and '.' only.", nameof(key));
            }

            return lower;
        }
    }
}

using System.Collections;
using Fleet.Hub.Core.Resources;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fleet.Hub.Api.Decoding;

/// <summary>
/// Reads YAML nodes into a message by its descriptor, so that a field of the protos is known here without further code.
/// It goes on after each mistake.
/// </summary>
internal sealed class MessageDecoder(string file, ViolationList violations)
{
    private readonly Dictionary<string, YamlMark> _places = new(StringComparer.Ordinal);

    /// <summary>Where each key stands that was read.</summary>
    public IReadOnlyDictionary<string, YamlMark> Places => _places;

    /// <summary>Fills a message. <paramref name="skipped"/> are keys that are known and not read.</summary>
    public void Fill(IMessage message, YamlMapping mapping, string path, params ReadOnlySpan<string> skipped)
    {
        foreach (var entry in mapping.Entries)
        {
            if (skipped.Contains(entry.Key))
            {
                continue;
            }

            var field = FieldFinder.Find(message.Descriptor, entry.Key);
            if (field is null)
            {
                Refuse(entry.KeyMark, KeyPaths.Field(path, entry.Key), FieldFinder.Unknown(message.Descriptor, entry.Key, path));
                continue;
            }

            var key = KeyPaths.Field(path, field.JsonName);
            Remember(key, entry);
            if (!YamlWords.IsNull(entry.Value))
            {
                Read(message, field, entry.Value, key);
            }
        }
    }

    private void Read(IMessage message, FieldDescriptor field, YamlNode node, string key)
    {
        if (field.IsMap)
        {
            ReadMap((IDictionary)field.Accessor.GetValue(message), field, node, key);
        }
        else if (field.IsRepeated)
        {
            ReadList((IList)field.Accessor.GetValue(message), field, node, key);
        }
        else if (ReadSingle(field, node, key) is { } value)
        {
            field.Accessor.SetValue(message, value);
        }
    }

    private void ReadMap(IDictionary map, FieldDescriptor field, YamlNode node, string key)
    {
        if (node is not YamlMapping mapping)
        {
            Refuse(node.Mark, key, $"This is {YamlWords.Describe(node)} where keys and values are wanted, such as\n  {field.JsonName}:\n    key: value");
            return;
        }

        var values = field.MessageType.FindFieldByNumber(2);
        foreach (var entry in mapping.Entries)
        {
            var entryKey = KeyPaths.Entry(key, entry.Key);
            Remember(entryKey, entry);
            var value = YamlWords.IsNull(entry.Value) && values.FieldType == FieldType.String ? "" : ReadSingle(values, entry.Value, entryKey);
            if (value is not null)
            {
                map[entry.Key] = value;
            }
        }
    }

    private void ReadList(IList list, FieldDescriptor field, YamlNode node, string key)
    {
        if (node is not YamlSequence sequence)
        {
            var one = node is YamlScalar scalar ? $": write [{Quoting.Shorten(scalar.Value, 60)}] or a line - {Quoting.Shorten(scalar.Value, 60)}" : ": begin each element with - ";
            Refuse(node.Mark, key, $"This is {YamlWords.Describe(node)} where a list is wanted{one}.");
            return;
        }

        for (var i = 0; i < sequence.Items.Count; i++)
        {
            var item = sequence.Items[i];
            var itemKey = KeyPaths.Item(key, i);
            _places.TryAdd(itemKey, item.Mark);
            if (YamlWords.IsNull(item))
            {
                Refuse(item.Mark, itemKey, "An element of the list is empty: write its value, or remove the line.");
            }
            else if (ReadSingle(field, item, itemKey) is { } value)
            {
                list.Add(value);
            }
        }
    }

    private object? ReadSingle(FieldDescriptor field, YamlNode node, string key)
    {
        if (field.FieldType == FieldType.Message && !ScalarDecoder.IsScalar(field))
        {
            if (node is YamlMapping mapping)
            {
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(message, mapping, key);
                return message;
            }

            Refuse(node.Mark, key, $"This is {YamlWords.Describe(node)} where a mapping is wanted, with any of {FieldFinder.Known(field.MessageType)}.");
            return null;
        }

        if (node is not YamlScalar scalar)
        {
            Refuse(node.Mark, key, $"This is {YamlWords.Describe(node)} where {ScalarDecoder.Wanted(field)} is wanted.");
            return null;
        }

        var (value, problem) = ScalarDecoder.Decode(field, scalar);
        if (problem is not null)
        {
            Refuse(node.Mark, key, problem);
        }

        return value;
    }

    // A mapping's own place is the line below its key: the key is what a reader looks for.
    private void Remember(string key, YamlEntry entry) =>
        _places.TryAdd(key, entry.Value is YamlScalar { Value.Length: > 0 } ? entry.Value.Mark : entry.KeyMark);

    private void Refuse(YamlMark mark, string key, string message) => violations.Add(file, mark, key, message);
}

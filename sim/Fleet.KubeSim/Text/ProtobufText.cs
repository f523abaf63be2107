using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Text;

/// <summary>Reads the objects that kubectl sends as protocol buffers, as far as <see cref="ProtobufTypes"/> knows their kinds.</summary>
internal static class ProtobufText
{
    private const int MaximumDepth = 20;

    /// <summary>The object as JSON; a TextException when it is none that is known here.</summary>
    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8))
        {
            throw new TextException("the body lacks the prefix of Kubernetes' protocol buffers");
        }

        var (version, kind) = ("", "");
        ReadOnlySpan<byte> raw = default;
        foreach (var (number, value) in new Fields(body[4..]))
        {
            switch (number)
            {
                case 1:
                    foreach (var (part, text) in new Fields(value.Bytes(body[4..])))
                    {
                        var read = Encoding.UTF8.GetString(text.Bytes(value.Bytes(body[4..])));
                        (version, kind) = part == 1 ? (read, kind) : (version, read);
                    }

                    break;
                case 2:
                    raw = value.Bytes(body[4..]);
                    break;
            }
        }

        var result = new JsonObject { ["apiVersion"] = version, ["kind"] = kind };
        foreach (var (name, node) in Message(raw, kind, 0).ToArray())
        {
            result[name] = node?.DeepClone();
        }

        return result;
    }

    private static JsonObject Message(ReadOnlySpan<byte> bytes, string type, int depth)
    {
        var known = depth > MaximumDepth ? null : ProtobufTypes.Find(type);
        if (known is null)
        {
            throw new TextException($"the simulated server cannot read the protocol buffers of {type}: send JSON");
        }

        var result = new JsonObject();
        foreach (var (number, value) in new Fields(bytes))
        {
            if (!known.TryGetValue(number, out var field))
            {
                // Zero values of fields that are no pointers come along; anything else must not be lost in silence.
                if (!value.IsZero)
                {
                    throw new TextException($"the simulated server cannot read field {number} of {type} in protocol buffers: send JSON");
                }

                continue;
            }

            Add(result, field, value, bytes, depth);
        }

        return result;
    }

    private static void Add(JsonObject result, ProtobufField field, FieldValue value, ReadOnlySpan<byte> bytes, int depth)
    {
        if (field.Kind == "-" || (value.IsZero && !field.KeepsZero && field.Kind[0] is not '[' and not 'm'))
        {
            return;
        }

        if (field.Kind.StartsWith("m[", StringComparison.Ordinal))
        {
            if (result[field.Name] is not JsonObject map)
            {
                map = [];
                result[field.Name] = map;
            }

            var (key, entry) = ("", (JsonNode?)"");
            var inside = value.Bytes(bytes);
            foreach (var (part, item) in new Fields(inside))
            {
                var node = Scalar(part == 1 ? "s" : field.Kind[2..^1], item, inside, depth);
                (key, entry) = part == 1 ? ((string)node!, entry) : (key, node);
            }

            map[key] = entry;
        }
        else if (field.Kind[0] == '[')
        {
            var node = Scalar(field.Kind[1..^1], value, bytes, depth);
            if (result[field.Name] is JsonArray list)
            {
                list.Add(node);
            }
            else
            {
                result[field.Name] = new JsonArray(node);
            }
        }
        else
        {
            result[field.Name] = Scalar(field.Kind, value, bytes, depth);
        }
    }

    private static JsonNode? Scalar(string kind, FieldValue value, ReadOnlySpan<byte> bytes, int depth)
    {
        switch (kind)
        {
            case "s":
                return JsonValue.Create(Encoding.UTF8.GetString(value.Bytes(bytes)));
            case "b":
                return JsonValue.Create(Convert.ToBase64String(value.Bytes(bytes)));
            case "i":
                return JsonValue.Create((long)value.Number);
            case "t":
                return JsonValue.Create(value.Number != 0);
            case "IntOrString":
                var (text, number, isText) = ("", 0L, false);
                var inside = value.Bytes(bytes);
                foreach (var (part, item) in new Fields(inside))
                {
                    isText = part == 1 ? item.Number != 0 : isText;
                    number = part == 2 ? (long)item.Number : number;
                    text = part == 3 ? Encoding.UTF8.GetString(item.Bytes(inside)) : text;
                }

                return isText ? JsonValue.Create(text) : JsonValue.Create(number);
            default:
                return Message(value.Bytes(bytes), kind, depth + 1);
        }
    }

    /// <summary>A number, or a range of the message's bytes.</summary>
    private readonly record struct FieldValue(ulong Number, int Start, int Length)
    {
        public bool IsZero => Length == 0 && Number == 0;

        public ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> message) => message.Slice(Start, Length);
    }

    /// <summary>Walks the fields of a message.</summary>
    private ref struct Fields(ReadOnlySpan<byte> message)
    {
        private readonly ReadOnlySpan<byte> _message = message;
        private int _at;

        public (int Number, FieldValue Value) Current { get; private set; }

        public readonly Fields GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_at >= _message.Length)
            {
                return false;
            }

            var tag = Varint();
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    Current = (number, new FieldValue(Varint(), 0, 0));
                    return true;
                case 1:
                    Current = (number, new FieldValue(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)), 0, 0));
                    return true;
                case 2:
                    var length = (int)Math.Min(Varint(), int.MaxValue);
                    var start = _at;
                    Take(length);
                    Current = (number, new FieldValue(0, start, length));
                    return true;
                case 5:
                    Current = (number, new FieldValue(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), 0, 0));
                    return true;
                default:
                    throw new TextException("the body is no protocol buffer");
            }
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (count > _message.Length - _at)
            {
                throw new TextException("the body is cut short");
            }

            _at += count;
            return _message.Slice(_at - count, count);
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var part = Take(1)[0];
                value |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }

            throw new TextException("the body is no protocol buffer");
        }
    }
}

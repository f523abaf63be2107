using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Agent.Core.Objects;

/// <summary>Equality by meaning: key order and the spelling of a number do not count, the order of lists does.</summary>
public static class JsonSemantics
{
    public static bool Same(JsonNode? a, JsonNode? b)
    {
        switch (a, b)
        {
            case (null, null):
                return true;
            case (JsonObject x, JsonObject y):
                if (x.Count != y.Count) return false;
                foreach (var (key, value) in x)
                {
                    if (!y.TryGetPropertyValue(key, out var other) || !Same(value, other)) return false;
                }
                return true;
            case (JsonArray x, JsonArray y):
                if (x.Count != y.Count) return false;
                for (var i = 0; i < x.Count; i++)
                {
                    if (!Same(x[i], y[i])) return false;
                }
                return true;
            case (JsonValue x, JsonValue y):
                return SameValue(x, y);
            default:
                return false;
        }
    }

    private static bool SameValue(JsonValue x, JsonValue y)
    {
        var kind = x.GetValueKind();
        if (kind != y.GetValueKind()) return false;
        return kind switch
        {
            JsonValueKind.Number => JsonNumber.TryRead(x, out var m) && JsonNumber.TryRead(y, out var n) && m == n,
            JsonValueKind.String => x.GetValue<string>() == y.GetValue<string>(),
            _ => true,
        };
    }
}

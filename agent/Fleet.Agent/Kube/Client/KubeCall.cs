using System.Text;
using System.Text.Json.Nodes;

namespace Fleet.Agent.Kube.Client;

/// <summary>One request before credentials.</summary>
internal sealed record KubeCall(HttpMethod Method, string Path)
{
    public byte[]? Body { get; init; }
    public string ContentType { get; init; } = "application/json";
    public string ImpersonateUser { get; init; } = "";
    public int? MaxBytes { get; init; }

    public static byte[] Bytes(JsonNode body) => Encoding.UTF8.GetBytes(body.ToJsonString());

    /// <summary>A query string of what is not empty.</summary>
    public static string Query(params ReadOnlySpan<(string Key, string Value)> parts)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in parts)
        {
            if (value.Length == 0) continue;
            text.Append(text.Length == 0 ? '?' : '&').Append(key).Append('=').Append(Uri.EscapeDataString(value));
        }
        return text.ToString();
    }
}

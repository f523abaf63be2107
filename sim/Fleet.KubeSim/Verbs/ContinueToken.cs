using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Verbs;

/// <summary>Where the next page of a list begins, and at which resourceVersion; a negative one means the present.</summary>
internal sealed record ContinueToken(long Version, string Start)
{
    private const string Format = "meta.k8s.io/v1";
    private const string Invalid = "invalid continue token: continue key is not valid";

    /// <summary>The token of the page that follows an object. Keys are relative to what the URL lists.</summary>
    public static string After(string ns, StoredObject last, long version) => Encode(version, Key(ns, last) + "\0");

    public static ContinueToken Decode(string text)
    {
        JsonObject? token;
        try
        {
            token = JsonText.Parse(Bytes(text), new DecodeReport()) as JsonObject;
        }
        catch (TextException e)
        {
            throw ApiException.BadRequest($"{Invalid}: {e.Message}");
        }

        if (token.Text("v") is var format && format != Format)
        {
            throw ApiException.BadRequest($"{Invalid}: server does not recognize this encoded version {format}");
        }

        var version = token.Whole("rv") ?? 0;
        var start = token.Text("start") ?? "";
        return version == 0 ? throw ApiException.BadRequest($"{Invalid}: incorrect encoded start resourceVersion (version {Format})")
            : start.Length == 0 ? throw ApiException.BadRequest($"{Invalid}: encoded start key empty (version {Format})")
            : IsClean(start) ? new ContinueToken(version, start)
            : throw ApiException.BadRequest($"{Invalid}: {start}");
    }

    public bool IsBefore(string ns, StoredObject item) => string.CompareOrdinal(Key(ns, item), Start) >= 0;

    /// <summary>The first page's state is forgotten: the rest can still be had, though not consistent with it.</summary>
    public ApiException Expired() => ApiException.Expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, "
            + "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an "
            + "inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        Encode(-1, Start));

    private static string Key(string ns, StoredObject item) => ns.Length > 0 || item.Namespace.Length == 0 ? item.Name : $"{item.Namespace}/{item.Name}";

    private static string Encode(long version, string start) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonObject { ["v"] = Format, ["rv"] = version, ["start"] = start }.ToJsonString()));

    private static byte[] Bytes(string text)
    {
        // Go names the place of the first byte that is none of the alphabet, or else of the cut end.
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(text[i]) && text[i] is not ('-' or '_'))
            {
                throw ApiException.BadRequest($"{Invalid}: illegal base64 data at input byte {i}");
            }
        }

        return text.Length % 4 == 1
            ? throw ApiException.BadRequest($"{Invalid}: illegal base64 data at input byte {text.Length - 1}")
            : Base64Url.DecodeFromChars(text);
    }

    /// <summary>Whether the key stays below what is listed: no empty, "." or ".." parts.</summary>
    private static bool IsClean(string start) => start.TrimStart('/').Split('/').All(p => p is not ("" or "." or ".."));
}

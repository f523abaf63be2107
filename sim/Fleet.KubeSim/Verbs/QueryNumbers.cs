using System.Globalization;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>Whole numbers in query parameters, refused as Go refuses them.</summary>
internal static class QueryNumbers
{
    /// <summary>Null when the parameter is absent or empty.</summary>
    public static long? Read(ApiRequest request, string parameter)
    {
        if (request[parameter] is not { Length: > 0 } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var digits = text.AsSpan(text[0] is '+' or '-' ? 1 : 0);
        var why = digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9') ? "value out of range" : "invalid syntax";
        throw ApiException.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: {why}");
    }
}

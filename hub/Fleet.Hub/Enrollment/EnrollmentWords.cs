using System.Text;
using Fleet.Hub.Core.Enrollment;

namespace Fleet.Hub.Enrollment;

/// <summary>ErrorInfo.reason of refusals.</summary>
internal static class EnrollmentWords
{
    /// <summary>TokenUsedUp → TOKEN_USED_UP.</summary>
    public static string Reason(EnrollmentRefusal refusal)
    {
        var text = new StringBuilder();
        foreach (var c in refusal.ToString())
        {
            text.Append(char.IsUpper(c) && text.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(c));
        }

        return text.ToString();
    }
}

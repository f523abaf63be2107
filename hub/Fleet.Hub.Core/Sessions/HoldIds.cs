using System.Security.Cryptography;
using System.Text;
using Fleet.V1;

namespace Fleet.Hub.Core.Sessions;

/// <summary>How a removal that an agent holds back is named: the same removal reported again is the same hold.</summary>
public static class HoldIds
{
    /// <summary>32 hex digits over the reason, the Assignment and what would be removed. Message and time do not count.</summary>
    public static string Of(HoldSpec hold, string assignmentUid)
    {
        ArgumentNullException.ThrowIfNull(hold);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in hold.Items.Order(StringComparer.Ordinal).Prepend($"{hold.Reason}\n{assignmentUid}\n{hold.Count}"))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}

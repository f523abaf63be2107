using System.Globalization;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Reads a final status from grpc-status and grpc-message.</summary>
internal static class StatusTrailers
{
    internal static Status Parse(string statusValue, string? messageValue)
    {
        var detail = messageValue is null ? "" : PercentEncoding.Decode(messageValue);
        if (!int.TryParse(statusValue, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new Status(StatusCode.Unknown, $"The server's grpc-status is not a number. {detail}".TrimEnd());
        }

        return code is >= (int)StatusCode.OK and <= (int)StatusCode.Unauthenticated
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"The server answered with the unknown status {code}. {detail}".TrimEnd());
    }

    internal static string Format(StatusCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);
}

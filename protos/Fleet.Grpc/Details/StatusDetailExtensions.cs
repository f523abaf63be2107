using Google.Protobuf;

namespace Google.Rpc;

/// <summary>Finds one kind of detail in a status.</summary>
public static class StatusDetailExtensions
{
    /// <summary>The first detail of type <typeparamref name="T"/>, or null.</summary>
    public static T? GetDetail<T>(this Status status)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(status);
        foreach (var any in status.Details)
        {
            if (any.TryUnpack(out T detail))
            {
                return detail;
            }
        }

        return null;
    }
}

using Fleet.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Core.Conditions;

/// <summary>Keeps a resource's conditions: one per type, whose transition time moves only when its status does.</summary>
public static class ConditionSet
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";

    /// <summary>Sets a condition; returns whether anything changed.</summary>
    public static bool Set(RepeatedField<Condition> conditions, string type, string status, string reason, string message, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        var present = conditions.FirstOrDefault(condition => condition.Type == type);
        if (present is null)
        {
            conditions.Add(new Condition
            {
                Type = type,
                Status = status,
                Reason = reason,
                Message = message,
                LastTransitionTime = Timestamp.FromDateTimeOffset(now),
            });
            return true;
        }

        if (present.Status == status && present.Reason == reason && present.Message == message)
        {
            return false;
        }

        if (present.Status != status)
        {
            present.LastTransitionTime = Timestamp.FromDateTimeOffset(now);
        }

        present.Status = status;
        present.Reason = reason;
        present.Message = message;
        return true;
    }

    /// <summary>Takes a condition away; returns whether it was there.</summary>
    public static bool Remove(RepeatedField<Condition> conditions, string type)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        var present = conditions.FirstOrDefault(condition => condition.Type == type);
        return present is not null && conditions.Remove(present);
    }
}

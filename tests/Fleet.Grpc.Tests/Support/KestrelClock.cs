using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Tests.Support;

/// <summary>
/// Puts a fake clock under a Kestrel that has not started: all its guards (data rates, keep-alive, pings, header time-outs) ask one
/// TimeProvider, from one heartbeat. Neither can be set from outside, so this goes by reflection; a test of a guard that must
/// strike shows that it still reaches.
/// </summary>
internal sealed class KestrelClock : TimeProvider
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    private readonly Action _beat;
    private long _shift;

    private KestrelClock(object context)
    {
        var heartbeat = Get(context, "Heartbeat");
        Set(context, "TimeProvider");
        Set(heartbeat, "_timeProvider");
        _beat = heartbeat.GetType().GetMethod("OnHeartbeat", Hidden, [])!.CreateDelegate<Action>(heartbeat);
    }

    internal static KestrelClock Under(WebApplication app) => new(Get(app.Services.GetRequiredService<IServer>(), "ServiceContext"));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _shift) * TimeSpan.TicksPerSecond / TimestampFrequency);

    /// <summary>Lets the time pass, and Kestrel look at its connections once.</summary>
    internal void Advance(TimeSpan by)
    {
        Interlocked.Add(ref _shift, (long)(by.TotalSeconds * TimestampFrequency));
        _beat();
    }

    private static object Get(object owner, string property) =>
        owner.GetType().GetProperty(property, Hidden)?.GetValue(owner) ?? throw new InvalidOperationException($"{owner.GetType()} has no {property} any more: find where Kestrel keeps its clock now.");

    private void Set(object owner, string member)
    {
        if (owner.GetType().GetProperty(member, Hidden) is { } property)
        {
            property.SetValue(owner, this);
        }
        else
        {
            (owner.GetType().GetField(member, Hidden) ?? throw new InvalidOperationException($"{owner.GetType()} has no {member} any more: find where Kestrel keeps its clock now.")).SetValue(owner, this);
        }
    }
}

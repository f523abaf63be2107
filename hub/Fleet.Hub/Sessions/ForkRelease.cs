using Fleet.Hub.Core.Sessions;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Sessions;

/// <summary>Tells an agent that an operator released its Fork: the hub's desired state counts from here on.</summary>
internal static class ForkRelease
{
    public static HubMessage Command(byte[] lineage, ChainPoint point) => new()
    {
        Command = new Command
        {
            Id = Guid.NewGuid().ToString("N"),
            ReleaseFork = new ReleaseFork
            {
                Lineage = ByteString.CopyFrom(lineage),
                Generation = point.Generation,
                Chain = ByteString.CopyFrom(point.Chain),
            },
        },
    };
}

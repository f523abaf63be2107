using System.Net;
using System.Net.Sockets;
using Fleet.Hub.Enrollment;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fleet.Hub.Hosting;

/// <summary>The listeners as they were bound: with port 0, only the system knows the port before.</summary>
internal sealed class BoundListeners
{
    private ListenOptions? _api;
    private ListenOptions? _agents;

    public void Set(HubListener listener, ListenOptions options)
    {
        if (listener == HubListener.Api)
        {
            _api = options;
        }
        else
        {
            _agents = options;
        }
    }

    /// <summary>Tells the rest of the hub how it is reached.</summary>
    public void Announce(HubOptions options, HubAddresses addresses) =>
        addresses.Set(options.PublicAddress ?? Address(_api!), options.AgentsAddress ?? Address(_agents!));

    private static Uri Address(ListenOptions listener)
    {
        var bound = listener.IPEndPoint!;
        var host = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any) ? "127.0.0.1"
            : bound.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{bound.Address}]"
            : bound.Address.ToString();
        return new Uri(FormattableString.Invariant($"https://{host}:{bound.Port}"));
    }
}

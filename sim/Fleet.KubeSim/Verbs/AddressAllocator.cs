using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>Gives Services their cluster addresses and node ports, and takes back what deleted ones held.</summary>
internal sealed class AddressAllocator
{
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;
    private static readonly ResourceKey Services = new("", "services");
    private readonly Lock _gate = new();
    private readonly HashSet<string> _addresses = new(StringComparer.Ordinal) { "10.96.0.1", "10.96.0.10" };
    private readonly HashSet<int> _ports = [];
    private int _nextAddress = 256;
    private int _nextPort = FirstNodePort;

    public AddressAllocator(ObjectStore store) => store.Observe(change =>
    {
        if (change.Object.Resource == Services)
        {
            Note(change);
        }
    });

    /// <summary>A free address of 10.96.0.0/12.</summary>
    public string NextAddress()
    {
        lock (_gate)
        {
            while (true)
            {
                var at = _nextAddress++;
                var address = string.Create(CultureInfo.InvariantCulture, $"10.{96 + ((at >> 16) & 0xf)}.{(at >> 8) & 0xff}.{at & 0xff}");
                if ((at & 0xff) is not (0 or 255) && _addresses.Add(address))
                {
                    return address;
                }
            }
        }
    }

    /// <summary>A free port of 30000-32767.</summary>
    public int NextPort()
    {
        lock (_gate)
        {
            for (var tries = FirstNodePort; tries <= LastNodePort; tries++)
            {
                _nextPort = _nextPort >= LastNodePort ? FirstNodePort : _nextPort + 1;
                if (_ports.Add(_nextPort))
                {
                    return _nextPort;
                }
            }
        }

        throw Serving.ApiException.Unforeseen("failed to allocate a nodePort: range is full");
    }

    private void Note(StoreEvent change)
    {
        lock (_gate)
        {
            if (change.Previous is { } before)
            {
                foreach (var (address, port) in Held(before.ToJson()))
                {
                    _ = address is null ? _ports.Remove(port) : _addresses.Remove(address);
                }
            }

            if (!change.Deleted)
            {
                foreach (var (address, port) in Held(change.Object.ToJson()))
                {
                    _ = address is null ? _ports.Add(port) : _addresses.Add(address);
                }
            }
        }
    }

    private static IEnumerable<(string? Address, int Port)> Held(JsonObject service)
    {
        foreach (var address in service["spec"]?["clusterIPs"] as JsonArray ?? [])
        {
            if ((string?)address is { } text and not "None")
            {
                yield return (text, 0);
            }
        }

        foreach (var port in service["spec"]?["ports"] as JsonArray ?? [])
        {
            if (port?["nodePort"] is JsonValue value && value.TryGetValue(out int number))
            {
                yield return (null, number);
            }
        }

        if (service["spec"]?["healthCheckNodePort"] is JsonValue health && health.TryGetValue(out int check))
        {
            yield return (null, check);
        }
    }
}

using Fleet.Hub.Core.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>What a Hello must look like before anything is looked up for it.</summary>
internal static class HelloCheck
{
    /// <summary>The protocol version that this hub speaks; it will serve two older ones once there are any.</summary>
    public const int Protocol = 1;

    private const int MaxText = 256;

    /// <summary>What is wrong with its form; null when nothing is.</summary>
    public static string? Problem(Hello hello)
    {
        if (hello.Continuity.Length is not (0 or Continuity.Length))
        {
            return $"hello.continuity must have {Continuity.Length} bytes, or none.";
        }

        if (hello.Lineage.Length > 64 || hello.Chain.Length > 64 || hello.ReportDigest.Length > 64)
        {
            return "hello.lineage, hello.chain and hello.report_digest have at most 64 bytes each.";
        }

        if (new[] { hello.BootId, hello.KubernetesVersion, hello.AgentVersion, hello.ClusterUid }.Any(text => text.Length > MaxText)
            || hello.Capabilities.Count > 64 || hello.Capabilities.Any(name => name.Length > MaxText))
        {
            return $"Texts in hello have at most {MaxText} characters, and capabilities are at most 64.";
        }

        return hello.ProtocolMin > hello.ProtocolMax ? "hello.protocol_min is above hello.protocol_max." : null;
    }

    /// <summary>Whether there is a version that both speak. A Hello without any says version 1.</summary>
    public static bool SharesProtocol(Hello hello) =>
        hello.ProtocolMin <= Protocol && (hello.ProtocolMax == 0 || hello.ProtocolMax >= Protocol);
}

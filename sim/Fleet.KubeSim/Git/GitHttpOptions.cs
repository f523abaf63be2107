using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.KubeSim.Git;

/// <summary>How a simulated Git server is guarded, and how it misbehaves.</summary>
public sealed record GitHttpOptions
{
    /// <summary>The Authorization header that every request must carry; null: anyone.</summary>
    public string? Authorization { get; init; }

    /// <summary>Its TLS certificate with key; null: plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Every request waits for this; null: none does.</summary>
    public Task? Hang { get; init; }

    public static string Basic(string username, string password) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}"));
}

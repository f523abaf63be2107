using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Says who is on the other end of a connection.</summary>
internal static class PeerIdentity
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";

    /// <summary>In the form of gRPC's name syntax.</summary>
    internal static string Address(ConnectionInfo connection) => connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"ipv6:[{address}]:{connection.RemotePort}",
        var address => $"ipv4:{address}:{connection.RemotePort}",
    };

    internal static AuthContext Authenticate(ConnectionInfo connection)
    {
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        if (connection.ClientCertificate is not { } certificate)
        {
            return new AuthContext(null, properties);
        }

        string? identity = null;
        if (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names)
        {
            Add(AlternativeName, names.EnumerateDnsNames());
        }

        Add(CommonName, [certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)]);
        return new AuthContext(identity, properties);

        void Add(string name, IEnumerable<string> values)
        {
            var list = values.Where(value => value.Length > 0).Select(value => AuthProperty.Create(name, Encoding.UTF8.GetBytes(value))).ToList();
            if (list.Count > 0)
            {
                properties[name] = list;
                identity ??= name;
            }
        }
    }
}

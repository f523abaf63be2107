using System.Security.Cryptography.X509Certificates;

namespace Fleet.Hub.Enrollment;

/// <summary>The hub's certificate authorities at one moment.</summary>
/// <param name="Signer">Signs agents' certificates.</param>
/// <param name="Servers">Signs what the listeners show: during a roll still the old one, which agents that were away trust too.</param>
/// <param name="Bundle">All that are to be trusted.</param>
/// <param name="Version">Ids and roles: another when anything changed.</param>
public sealed record HubAuthorities(CertificateAuthority Signer, CertificateAuthority Servers, IReadOnlyList<X509Certificate2> Bundle, string Version);

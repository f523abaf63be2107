using Fleet.Hub.Api.Calls;
using Fleet.Hub.Core.Access;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Api;

/// <summary>The unary calls of the operator API: its table of contents.</summary>
internal sealed class ApiMethods
{
    private readonly Dictionary<string, ApiMethod> _methods;

    public ApiMethods(
        ApplyCall apply, GetCall get, ListCall list, DeleteCall delete, TokenCalls tokens, ClusterCalls clusters,
        SuspendCalls suspend, DecommissionCall decommission, Enrollment.AuthorityRolls authorities, SettleCalls settle, UpgradeCalls upgrades, ApiKeyCalls keys, CredentialCalls credentials, VersionCall version)
    {
        ApiMethod[] all =
        [
            ApiMethod.Of<GetRequest, Resource>("Get", Role.Viewer, (r, _, ct) => get.GetAsync(r, ct)),
            ApiMethod.Of<ListRequest, ListResponse>("List", Role.Viewer, (r, _, ct) => list.ListAsync(r, ct)),
            ApiMethod.Of<GetVersionRequest, VersionResponse>("GetVersion", Role.Viewer, (_, _, _) => Task.FromResult(version.Get())),

            ApiMethod.Of<ApplyRequest, ApplyResponse>("Apply", Role.Operator, apply.ApplyAsync),
            ApiMethod.Of<DeleteRequest, DeleteResponse>("Delete", Role.Operator, delete.DeleteAsync),
            ApiMethod.Of<DiffRequest, DiffResponse>("Diff", Role.Operator, settle.DiffAsync),
            ApiMethod.Of<CreateTokenRequest, CreateTokenResponse>("CreateToken", Role.Operator, tokens.CreateAsync),
            ApiMethod.Of<RevokeTokenRequest, EnrollmentToken>("RevokeToken", Role.Operator, tokens.RevokeAsync),
            ApiMethod.Of<ApproveClusterRequest, Cluster>("ApproveCluster", Role.Operator, clusters.ApproveAsync),
            ApiMethod.Of<RevokeClusterRequest, Cluster>("RevokeCluster", Role.Operator, clusters.RevokeAsync),
            ApiMethod.Of<LabelClusterRequest, Cluster>("LabelCluster", Role.Operator, clusters.LabelAsync),
            ApiMethod.Of<DecommissionClusterRequest, DecommissionClusterResponse>("DecommissionCluster", Role.Operator, decommission.DecommissionAsync),
            ApiMethod.Of<SuspendRequest, Resource>("Suspend", Role.Operator, suspend.SuspendAsync),
            ApiMethod.Of<ResumeRequest, Resource>("Resume", Role.Operator, suspend.ResumeAsync),
            ApiMethod.Of<SyncRequest, SyncResponse>("Sync", Role.Operator, settle.SyncAsync),
            ApiMethod.Of<ReleaseHoldRequest, ReleaseHoldResponse>("ReleaseHold", Role.Operator, settle.ReleaseHoldAsync),
            ApiMethod.Of<ReleaseIncidentRequest, Incident>("ReleaseIncident", Role.Operator, settle.ReleaseIncidentAsync),

            ApiMethod.Of<GetAuthoritiesRequest, AuthoritiesResponse>("GetAuthorities", Role.Viewer, (_, _, ct) => authorities.StatusAsync(ct)),
            ApiMethod.Of<RollAuthorityRequest, AuthoritiesResponse>("RollAuthority", Role.Admin, authorities.RollAsync),
            ApiMethod.Of<FinishAuthorityRollRequest, AuthoritiesResponse>("FinishAuthorityRoll", Role.Admin, authorities.FinishAsync),
            ApiMethod.Of<ListAgentUpgradesRequest, ListAgentUpgradesResponse>("ListAgentUpgrades", Role.Viewer, (r, _, ct) => upgrades.ListAsync(r, ct)),
            ApiMethod.Of<UpgradeAgentsRequest, AgentUpgrade>("UpgradeAgents", Role.Admin, upgrades.CreateAsync),
            ApiMethod.Of<SettleAgentUpgradeRequest, AgentUpgrade>("SettleAgentUpgrade", Role.Admin, upgrades.SettleAsync),

            ApiMethod.Of<CreateApiKeyRequest, CreateApiKeyResponse>("CreateApiKey", Role.Admin, keys.CreateAsync),
            ApiMethod.Of<ListApiKeysRequest, ListApiKeysResponse>("ListApiKeys", Role.Admin, (_, _, ct) => keys.ListAsync(ct)),
            ApiMethod.Of<RevokeApiKeyRequest, ApiKey>("RevokeApiKey", Role.Admin, keys.RevokeAsync),
            ApiMethod.Of<SetCredentialRequest, Credential>("SetCredential", Role.Admin, credentials.SetAsync),
            ApiMethod.Of<ListCredentialsRequest, ListCredentialsResponse>("ListCredentials", Role.Admin, (_, _, ct) => credentials.ListAsync(ct)),
            ApiMethod.Of<DeleteCredentialRequest, DeleteCredentialResponse>("DeleteCredential", Role.Admin, credentials.DeleteAsync),
        ];
        _methods = all.Select(Measured).ToDictionary(m => m.Name, StringComparer.Ordinal);
    }

    /// <summary>The method of a name, or null.</summary>
    public ApiMethod? Find(string name) => _methods.GetValueOrDefault(name);

    private static ApiMethod Measured(ApiMethod method) => method with
    {
        Invoke = async (request, caller, cancellationToken) =>
        {
            var began = TimeProvider.System.GetTimestamp();
            var code = StatusCode.Unknown;
            try
            {
                var response = await method.Invoke(request, caller, cancellationToken).ConfigureAwait(false);
                code = StatusCode.OK;
                return response;
            }
            catch (RpcException e)
            {
                code = e.StatusCode;
                throw;
            }
            finally
            {
                ApiMeters.Count(method.Name, code, TimeProvider.System.GetElapsedTime(began));
            }
        },
    };

    /// <summary>All names.</summary>
    public IReadOnlyCollection<string> Names => _methods.Keys;
}

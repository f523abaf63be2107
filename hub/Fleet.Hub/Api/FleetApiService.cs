using Fleet.Hub.Access;
using Fleet.Hub.Api.Calls;
using Fleet.Hub.Core.Access;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Hub.Api;

/// <summary>The operator API over gRPC: authenticates, and hands on to <see cref="ApiMethods"/>.</summary>
internal sealed class FleetApiService(ApiMethods methods, ApiAccess access, WatchCall watch) : FleetApi.FleetApiBase
{
    public override Task<ApplyResponse> Apply(ApplyRequest request, ServerCallContext context) => CallAsync<ApplyResponse>(nameof(Apply), request, context);

    public override Task<Resource> Get(GetRequest request, ServerCallContext context) => CallAsync<Resource>(nameof(Get), request, context);

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context) => CallAsync<ListResponse>(nameof(List), request, context);

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchEvent> responseStream, ServerCallContext context)
    {
        var caller = await AuthenticateAsync(Role.Viewer, context).ConfigureAwait(false);
        await foreach (var change in watch.WatchAsync(request, caller, context.CancellationToken).ConfigureAwait(false))
        {
            await responseStream.WriteAsync(change, context.CancellationToken).ConfigureAwait(false);
        }
    }

    public override Task<DeleteResponse> Delete(DeleteRequest request, ServerCallContext context) => CallAsync<DeleteResponse>(nameof(Delete), request, context);

    public override Task<DiffResponse> Diff(DiffRequest request, ServerCallContext context) => CallAsync<DiffResponse>(nameof(Diff), request, context);

    public override Task<CreateTokenResponse> CreateToken(CreateTokenRequest request, ServerCallContext context) => CallAsync<CreateTokenResponse>(nameof(CreateToken), request, context);

    public override Task<EnrollmentToken> RevokeToken(RevokeTokenRequest request, ServerCallContext context) => CallAsync<EnrollmentToken>(nameof(RevokeToken), request, context);

    public override Task<Cluster> ApproveCluster(ApproveClusterRequest request, ServerCallContext context) => CallAsync<Cluster>(nameof(ApproveCluster), request, context);

    public override Task<Cluster> RevokeCluster(RevokeClusterRequest request, ServerCallContext context) => CallAsync<Cluster>(nameof(RevokeCluster), request, context);

    public override Task<Cluster> LabelCluster(LabelClusterRequest request, ServerCallContext context) => CallAsync<Cluster>(nameof(LabelCluster), request, context);

    public override Task<DecommissionClusterResponse> DecommissionCluster(DecommissionClusterRequest request, ServerCallContext context) =>
        CallAsync<DecommissionClusterResponse>(nameof(DecommissionCluster), request, context);

    public override Task<Resource> Suspend(SuspendRequest request, ServerCallContext context) => CallAsync<Resource>(nameof(Suspend), request, context);

    public override Task<Resource> Resume(ResumeRequest request, ServerCallContext context) => CallAsync<Resource>(nameof(Resume), request, context);

    public override Task<AuthoritiesResponse> GetAuthorities(GetAuthoritiesRequest request, ServerCallContext context) => CallAsync<AuthoritiesResponse>(nameof(GetAuthorities), request, context);

    public override Task<AuthoritiesResponse> RollAuthority(RollAuthorityRequest request, ServerCallContext context) => CallAsync<AuthoritiesResponse>(nameof(RollAuthority), request, context);

    public override Task<AuthoritiesResponse> FinishAuthorityRoll(FinishAuthorityRollRequest request, ServerCallContext context) =>
        CallAsync<AuthoritiesResponse>(nameof(FinishAuthorityRoll), request, context);

    public override Task<SyncResponse> Sync(SyncRequest request, ServerCallContext context) => CallAsync<SyncResponse>(nameof(Sync), request, context);

    public override Task<ReleaseHoldResponse> ReleaseHold(ReleaseHoldRequest request, ServerCallContext context) => CallAsync<ReleaseHoldResponse>(nameof(ReleaseHold), request, context);

    public override Task<Incident> ReleaseIncident(ReleaseIncidentRequest request, ServerCallContext context) => CallAsync<Incident>(nameof(ReleaseIncident), request, context);

    public override Task<AgentUpgrade> UpgradeAgents(UpgradeAgentsRequest request, ServerCallContext context) => CallAsync<AgentUpgrade>(nameof(UpgradeAgents), request, context);

    public override Task<ListAgentUpgradesResponse> ListAgentUpgrades(ListAgentUpgradesRequest request, ServerCallContext context) => CallAsync<ListAgentUpgradesResponse>(nameof(ListAgentUpgrades), request, context);

    public override Task<AgentUpgrade> SettleAgentUpgrade(SettleAgentUpgradeRequest request, ServerCallContext context) => CallAsync<AgentUpgrade>(nameof(SettleAgentUpgrade), request, context);

    public override Task<CreateApiKeyResponse> CreateApiKey(CreateApiKeyRequest request, ServerCallContext context) => CallAsync<CreateApiKeyResponse>(nameof(CreateApiKey), request, context);

    public override Task<ListApiKeysResponse> ListApiKeys(ListApiKeysRequest request, ServerCallContext context) => CallAsync<ListApiKeysResponse>(nameof(ListApiKeys), request, context);

    public override Task<ApiKey> RevokeApiKey(RevokeApiKeyRequest request, ServerCallContext context) => CallAsync<ApiKey>(nameof(RevokeApiKey), request, context);

    public override Task<Credential> SetCredential(SetCredentialRequest request, ServerCallContext context) => CallAsync<Credential>(nameof(SetCredential), request, context);

    public override Task<ListCredentialsResponse> ListCredentials(ListCredentialsRequest request, ServerCallContext context) => CallAsync<ListCredentialsResponse>(nameof(ListCredentials), request, context);

    public override Task<DeleteCredentialResponse> DeleteCredential(DeleteCredentialRequest request, ServerCallContext context) => CallAsync<DeleteCredentialResponse>(nameof(DeleteCredential), request, context);

    public override Task<VersionResponse> GetVersion(GetVersionRequest request, ServerCallContext context) => CallAsync<VersionResponse>(nameof(GetVersion), request, context);

    private async Task<TResponse> CallAsync<TResponse>(string name, IMessage request, ServerCallContext context)
        where TResponse : class, IMessage
    {
        var method = methods.Find(name) ?? throw new InvalidOperationException($"{name} is not in the table of methods.");
        var caller = await AuthenticateAsync(method.Role, context).ConfigureAwait(false);
        return (TResponse)await method.Invoke(request, caller, context.CancellationToken).ConfigureAwait(false);
    }

    private Task<Caller> AuthenticateAsync(Role role, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        return access.AuthenticateAsync(http.Request.Headers.Authorization, http.Connection.RemoteIpAddress?.ToString() ?? "unknown", role, context.CancellationToken);
    }
}

using System.Security.Cryptography;
using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Enrollment;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Make and revoke enrollment tokens.</summary>
internal sealed class TokenCalls(
    FleetDatabase database, TokenStore tokens, EnrollmentTokenView view, HubIdentity hub, HubAddresses addresses, AuditWrites audit, TimeProvider clock)
{
    public async Task<CreateTokenResponse> CreateAsync(CreateTokenRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var secret = BearerSecret.Create(RandomNumberGenerator.GetBytes(BearerSecret.RandomBytes));
        var name = request.Name.Length > 0 ? request.Name : "token-" + secret.Id;
        var resource = ResourceMessages.Create(ResourceKind.EnrollmentToken);
        resource.EnrollmentToken.Metadata.Name = name;
        resource.EnrollmentToken.Spec = request.Spec?.Clone() ?? new EnrollmentTokenSpec();
        var found = ResourceValidator.Validate(resource);
        if (found.Count > 0)
        {
            throw Refusals.Violations([.. found.Select(v => new ApplyViolation { Key = v.Key, Message = v.Message })]);
        }

        Defaults.Apply(resource);
        var spec = resource.EnrollmentToken.Spec;
        Durations.TryParse(spec.Ttl, out var lifetime);
        var now = clock.GetUtcNow();
        var row = new StoredToken(
            secret.Id, name, 1, secret.Hash(), spec.ClusterNames, spec.Labels.ToDictionary(), spec.Uses, 0,
            spec.RequireApproval ? EnrollmentReader.ApprovalRequired : spec.AutoApprove ? "Auto" : "Token", caller.Name, now, now + lifetime, null);
        var token = await database.WriteAsync(
            async (tx, cancel) =>
            {
                if (!await tokens.InsertAsync(tx, row, cancel).ConfigureAwait(false))
                {
                    throw Refusals.Make(Grpc.Core.StatusCode.AlreadyExists, "NAME_TAKEN", $"There is a token {name} already: give another name, or none to have one made up.");
                }

                await audit.AddAsync(tx, caller, "token.create", $"EnrollmentToken/{name}", $"for {spec.ClusterNames}, {spec.Uses} uses, {spec.Ttl}", cancel).ConfigureAwait(false);
                return (await view.GetAsync(tx, name, cancel).ConfigureAwait(false))!.EnrollmentToken;
            },
            cancellationToken).ConfigureAwait(false);
        return Answer(token, secret);
    }

    public Task<EnrollmentToken> RevokeAsync(RevokeTokenRequest request, Caller caller, CancellationToken cancellationToken) => database.WriteAsync(
        async (tx, cancel) =>
        {
            if (await tokens.RevokeAsync(tx, request.Name, clock.GetUtcNow(), cancel).ConfigureAwait(false))
            {
                await audit.AddAsync(tx, caller, "token.revoke", $"EnrollmentToken/{request.Name}", "", cancel).ConfigureAwait(false);
            }

            return (await view.GetAsync(tx, request.Name, cancel).ConfigureAwait(false))?.EnrollmentToken ?? throw GetCall.Missing(ResourceKind.EnrollmentToken, request.Name);
        },
        cancellationToken);

    private CreateTokenResponse Answer(EnrollmentToken token, BearerSecret secret)
    {
        var address = addresses.Api.GetLeftPart(UriPartial.Authority);
        var name = Globs.HasWildcard(token.Spec.ClusterNames) ? "CLUSTER" : token.Spec.ClusterNames;
        return new CreateTokenResponse
        {
            Token = token,
            Secret = secret.Reveal(),
            CaPin = hub.Pin,
            HubAddress = address,
            Command = $"fleet-agent --kubeconfig ~/.kube/config --hub {address} --token {secret.Reveal()} --ca-pin {hub.Pin} --name {name}",
        };
    }
}

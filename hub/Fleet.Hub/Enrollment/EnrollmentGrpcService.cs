using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>EnrollmentService, on the API listener: its callers have no certificate yet, or an expired one.</summary>
internal sealed class EnrollmentGrpcService(Enroller enroller, Recoverer recoverer) : EnrollmentService.EnrollmentServiceBase
{
    public override Task<EnrollResponse> Enroll(EnrollRequest request, ServerCallContext context) =>
        enroller.EnrollAsync(request, Peer(context), context.CancellationToken);

    public override Task<RecoverChallenge> BeginRecover(BeginRecoverRequest request, ServerCallContext context) =>
        recoverer.BeginAsync(request, Peer(context), context.CancellationToken);

    public override Task<EnrollResponse> Recover(RecoverRequest request, ServerCallContext context) =>
        recoverer.RecoverAsync(request, Peer(context), context.CancellationToken);

    // The connection's own address: a forwarded header is the caller's word.
    private static string Peer(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress?.ToString() ?? "unknown";
}

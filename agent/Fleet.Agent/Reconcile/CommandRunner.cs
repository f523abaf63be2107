using Fleet.Agent.Upgrade;

namespace Fleet.Agent.Reconcile;

/// <summary>Carries out the hub's Commands.</summary>
internal sealed class CommandRunner(Reconciler reconciler, PlanPreviewer previewer, UpgradeDesk upgrade)
{
    public Task<V1.CommandResult> RunAsync(V1.Command command, CancellationToken cancellationToken) => command.CommandCase switch
    {
        V1.Command.CommandOneofCase.Reconcile => Task.FromResult(Reconcile(command.Reconcile)),
        V1.Command.CommandOneofCase.PreviewPlan => previewer.PreviewAsync(command.PreviewPlan, cancellationToken),
        V1.Command.CommandOneofCase.UpgradeAgent => upgrade.UpgradeAsync(command.UpgradeAgent, cancellationToken),
        V1.Command.CommandOneofCase.ConfirmUpgrade => upgrade.ConfirmAsync(command.ConfirmUpgrade, cancellationToken),
        _ => Task.FromResult(new V1.CommandResult { Message = $"this agent does not know the command {(int)command.CommandCase}; use a newer one" }),
    };

    private V1.CommandResult Reconcile(V1.Reconcile order) => reconciler.Wake(order.AssignmentUid, check: true)
        ? new() { Ok = true }
        : new() { Message = "this cluster does not have that Assignment" };
}

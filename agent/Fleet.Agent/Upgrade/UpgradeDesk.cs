using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Upgrades;
using Fleet.Agent.Hosting;
using Fleet.Agent.Kube;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;
using Fleet.Agent.Timing;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Upgrade;

/// <summary>
/// The agent's part in its own upgrade. The old one makes the new one beside it and keeps itself ready; the new one takes the
/// cluster over; once the hub has confirmed it, it removes the old one; when the hub has not by the deadline, the old one
/// removes it and goes on. Whatever is half done is finished by whoever reads the record next.
/// </summary>
internal sealed partial class UpgradeDesk(AgentOptions options, IKubeApi kube, SecretFiles secrets, StateRetry retry, AgentStatus status, TimeProvider time, ILogger log)
{
    public const string Concern = "upgrade";
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private readonly Signal _begun = new();
    private readonly UpgradeStore _store = new(secrets);
    private readonly AgentDeployment _deployments = new(kube, options.StateNamespace);

    /// <summary>Returns once this process may take the cluster's Lease.</summary>
    public async Task UntilMayWorkAsync(CancellationToken cancellationToken)
    {
        if (options.Deployment.Length == 0) return;
        while (true)
        {
            var stored = await retry.UntilDoneAsync("reading the upgrade's record", _store.ReadAsync, cancellationToken).ConfigureAwait(false);
            switch (UpgradeRules.RoleOf(stored.Record, options.Deployment, time.GetUtcNow()))
            {
                case UpgradeRole.Work:
                    return;
                case UpgradeRole.TakeOver:
                    if (await _store.WriteAsync(stored, stored.Record! with { Stage = UpgradeStage.Taken }, cancellationToken).ConfigureAwait(false) is null) return;
                    break;
                case UpgradeRole.TakeBack:
                    await TakeBackAsync(stored, cancellationToken).ConfigureAwait(false);
                    break;
                case UpgradeRole.Wait:
                    status.Set(Concern, true, "Waiting", $"the agent {stored.Record!.Version} has taken over; this one goes on if the hub does not confirm it by {stored.Record.Deadline:u}");
                    break;
                default:
                    status.Set(Concern, false, "Replaced", $"the upgrade {stored.Record!.Id} ended without this agent; the other one removes it");
                    break;
            }
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns when this process, which lost the Lease, has an upgrade to call off: never without one of its own.</summary>
    public async Task UntilTakenBackAsync(CancellationToken cancellationToken)
    {
        while (options.Deployment.Length > 0)
        {
            var stored = await retry.UntilDoneAsync("reading the upgrade's record", _store.ReadAsync, cancellationToken).ConfigureAwait(false);
            if (stored.Record is { } record && record.From == options.Deployment)
            {
                var role = UpgradeRules.RoleOf(record, options.Deployment, time.GetUtcNow());
                if (role == UpgradeRole.TakeBack && await TakeBackAsync(stored, cancellationToken).ConfigureAwait(false)) return;
                if (record.Stage == UpgradeStage.Failed) return;
            }
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs while this agent holds the Lease: finishes what a kill left half done, and calls off what nobody came for.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (options.Deployment.Length > 0)
        {
            var stored = await retry.UntilDoneAsync("reading the upgrade's record", _store.ReadAsync, cancellationToken).ConfigureAwait(false);
            var isDone = stored.Record is not { } record || (record.From != options.Deployment && record.To != options.Deployment)
                || (await StepAsync(stored, record, cancellationToken).ConfigureAwait(false) is null && record.Stage is UpgradeStage.Confirmed or UpgradeStage.Failed);
            if (isDone) await _begun.WaitAsync(cancellationToken).ConfigureAwait(false);
            else await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The hub's order, which it repeats in each session until it has an end: the answer says where it stands.</summary>
    public async Task<V1.CommandResult> UpgradeAsync(V1.UpgradeAgent order, CancellationToken cancellationToken)
    {
        var read = await _store.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!read.IsOk) return Said($"the upgrade's record cannot be read: {ErrorJudge.Judge(read.Error, hideValues: true).Message}");
        if (read.Value.Record is { } known && known.Id == order.Id) return Standing(known);
        if (read.Value.Record is { Stage: UpgradeStage.Intended or UpgradeStage.Taken } other) return Said($"the upgrade {other.Id} to {other.Version} is under way; it ends by {other.Deadline:u}");
        if (order.Id.Length == 0 || order.Image.Length == 0 || order.Version.Length == 0) return Said("the order names no id, image or version");
        if (UpgradeRules.Refuses(options.Deployment, order.Image, options.UpgradeImages) is { } why) return Said(why);
        var within = order.ConnectWithin?.ToTimeSpan() is { Ticks: > 0 } given && given <= Longest ? given : TimeSpan.FromMinutes(5);
        var record = new UpgradeRecord(order.Id, order.Image, order.Version, options.Deployment, UpgradeRules.Other(options.Deployment), time.GetUtcNow() + within, UpgradeStage.Intended);
        // The record first: whoever reads it makes the Deployment, or calls it off.
        if (await _store.WriteAsync(read.Value, record, cancellationToken).ConfigureAwait(false) is { } unwritten) return Said($"the upgrade's record cannot be written: {ErrorJudge.Judge(unwritten, hideValues: true).Message}");
        Log.Begun(log, record.Id, record.Version, record.To, record.Deadline);
        _begun.Set();
        return new() { Ok = true, Message = $"{record.To} is being started; until {record.Deadline:u} this agent stands ready" };
    }

    /// <summary>The hub's word that it talks with the new agent: from here on there is no way back.</summary>
    public async Task<V1.CommandResult> ConfirmAsync(V1.ConfirmUpgrade order, CancellationToken cancellationToken)
    {
        var read = await _store.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!read.IsOk) return Said($"the upgrade's record cannot be read: {ErrorJudge.Judge(read.Error, hideValues: true).Message}");
        if (read.Value.Record is not { } record || record.Id != order.Id) return Said("this cluster knows no such upgrade");
        if (record.To != options.Deployment || record.Version != options.Version) return Said($"this is not the agent {record.Version} that the upgrade is about");
        if (record.Stage == UpgradeStage.Taken)
        {
            record = record with { Stage = UpgradeStage.Confirmed };
            if (await _store.WriteAsync(read.Value, record, cancellationToken).ConfigureAwait(false) is { } unwritten) return Said($"the confirmation could not be written: {ErrorJudge.Judge(unwritten, hideValues: true).Message}; say it again");
            Log.Confirmed(log, record.Id, record.Version);
        }
        if (record.Stage != UpgradeStage.Confirmed) return Standing(record);
        _begun.Set();
        return Standing(record);
    }

    private async Task<KubeApiError?> StepAsync(StoredUpgrade stored, UpgradeRecord record, CancellationToken cancellationToken)
    {
        var isOld = record.From == options.Deployment;
        KubeApiError? error = null;
        switch (record.Stage)
        {
            case UpgradeStage.Intended when isOld && time.GetUtcNow() < record.Deadline:
                error = await _deployments.EnsureAsync(record, cancellationToken).ConfigureAwait(false);
                break;
            case UpgradeStage.Intended or UpgradeStage.Taken when isOld && time.GetUtcNow() >= record.Deadline:
                await TakeBackAsync(stored, cancellationToken).ConfigureAwait(false);
                break;
            case UpgradeStage.Confirmed when !isOld:
                error = await _deployments.RemoveAsync(record.From, "", cancellationToken).ConfigureAwait(false);
                break;
            case UpgradeStage.Failed when isOld:
                error = await _deployments.RemoveAsync(record.To, record.Id, cancellationToken).ConfigureAwait(false);
                break;
        }
        if (error is not null) Log.StepFailed(log, record.Id, ErrorJudge.Judge(error).Message);
        return error;
    }

    /// <returns>False: the other agent was first (it was confirmed just now), or the API server does not answer.</returns>
    private async Task<bool> TakeBackAsync(StoredUpgrade stored, CancellationToken cancellationToken)
    {
        var record = stored.Record! with { Stage = UpgradeStage.Failed };
        if (await _store.WriteAsync(stored, record, cancellationToken).ConfigureAwait(false) is not null) return false;
        status.Set(Concern, false, "Failed", Words(record));
        Log.TakenBack(log, record.Id, record.Version, record.Deadline);
        if (await _deployments.RemoveAsync(record.To, record.Id, cancellationToken).ConfigureAwait(false) is { } error) Log.StepFailed(log, record.Id, ErrorJudge.Judge(error).Message);
        return true;
    }

    private static V1.CommandResult Standing(UpgradeRecord record) => record.Stage switch
    {
        UpgradeStage.Failed => Said(Words(record)),
        UpgradeStage.Confirmed => new() { Ok = true, Message = $"confirmed: this agent is {record.Version}" },
        _ => new() { Ok = true, Message = $"under way until {record.Deadline:u}" },
    };

    private static string Words(UpgradeRecord record) =>
        $"the upgrade {record.Id} failed: the agent {record.Version} ({record.Image}) was not confirmed by the hub by {record.Deadline:u}; {record.From} works again, and {record.To} is removed. Look at that image, then begin a new upgrade";

    private static V1.CommandResult Said(string why) => new() { Message = why };

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "UpgradeBegun", Level = LogLevel.Information, Message = "Upgrade {Upgrade}: the agent {Version} is started as {Deployment}; it must be confirmed by {Deadline}")]
        public static partial void Begun(ILogger logger, string upgrade, string version, string deployment, DateTimeOffset deadline);

        [LoggerMessage(EventId = 2, EventName = "UpgradeConfirmed", Level = LogLevel.Information, Message = "Upgrade {Upgrade}: the hub confirmed the agent {Version}; the old one is removed")]
        public static partial void Confirmed(ILogger logger, string upgrade, string version);

        [LoggerMessage(EventId = 3, EventName = "UpgradeTakenBack", Level = LogLevel.Warning, Message = "Upgrade {Upgrade}: the agent {Version} was not confirmed by {Deadline}; the old one goes on")]
        public static partial void TakenBack(ILogger logger, string upgrade, string version, DateTimeOffset deadline);

        [LoggerMessage(EventId = 4, EventName = "UpgradeStepFailed", Level = LogLevel.Warning, Message = "Upgrade {Upgrade}: a step failed and is tried again: {Words}")]
        public static partial void StepFailed(ILogger logger, string upgrade, string words);
    }
}

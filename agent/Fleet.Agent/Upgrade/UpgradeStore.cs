using System.Globalization;
using System.Text;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Upgrades;
using Fleet.Agent.Kube;
using Fleet.Agent.State;

namespace Fleet.Agent.Upgrade;

/// <summary>Keeps the record of an agent's upgrade in a Secret that both agents read, each write naming the version that it replaces.</summary>
internal sealed class UpgradeStore(SecretFiles secrets)
{
    public const string SecretName = "fleet-agent-state-upgrade";

    public async Task<KubeResult<StoredUpgrade>> ReadAsync(CancellationToken cancellationToken)
    {
        var file = await secrets.ReadAsync(SecretName, cancellationToken).ConfigureAwait(false);
        return file.IsOk ? new StoredUpgrade(Parse(file.Value), file.Value) : file.Error;
    }

    /// <summary>Replaces what was read; a conflict means that the other agent was first.</summary>
    public async Task<KubeApiError?> WriteAsync(StoredUpgrade over, UpgradeRecord record, CancellationToken cancellationToken)
    {
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["id"] = Encoding.UTF8.GetBytes(record.Id),
            ["image"] = Encoding.UTF8.GetBytes(record.Image),
            ["version"] = Encoding.UTF8.GetBytes(record.Version),
            ["from"] = Encoding.UTF8.GetBytes(record.From),
            ["to"] = Encoding.UTF8.GetBytes(record.To),
            ["deadline"] = Encoding.UTF8.GetBytes(record.Deadline.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
            ["stage"] = Encoding.UTF8.GetBytes(record.Stage.ToString()),
        };
        return (await secrets.WriteAsync(over.File with { Content = content }, cancellationToken).ConfigureAwait(false)).Error;
    }

    /// <summary>What cannot be read counts as none: an agent that works is better than two that wait for each other.</summary>
    private static UpgradeRecord? Parse(SecretFile file) =>
        file.Text("id").Length > 0
        && long.TryParse(file.Text("deadline"), NumberStyles.None, CultureInfo.InvariantCulture, out var deadline) && deadline < 253_402_300_799_999
        && Enum.TryParse<UpgradeStage>(file.Text("stage"), out var stage)
            ? new(file.Text("id"), file.Text("image"), file.Text("version"), file.Text("from"), file.Text("to"), DateTimeOffset.FromUnixTimeMilliseconds(deadline), stage)
            : null;
}

/// <summary>The record, and the Secret that it was read from.</summary>
internal sealed record StoredUpgrade(UpgradeRecord? Record, SecretFile File);

namespace Fleet.Agent.Core.Upgrades;

/// <summary>How far an agent's upgrade has come. Each step is one compare-and-swap of the stored record, so of two agents exactly one takes it.</summary>
public enum UpgradeStage
{
    /// <summary>Written by the old agent before it makes anything.</summary>
    Intended,
    /// <summary>Written by the new agent before it takes the cluster over.</summary>
    Taken,
    /// <summary>Written by the new agent when the hub has said that it is connected: the old Deployment goes.</summary>
    Confirmed,
    /// <summary>Written by the old agent when the deadline passed: the new Deployment goes, and the old agent works again.</summary>
    Failed,
}

/// <summary>One upgrade of an agent, as both agents know it.</summary>
/// <param name="Id">The hub's.</param>
/// <param name="Image">What the new agent runs.</param>
/// <param name="Version">What the new agent must say that it is.</param>
/// <param name="From">The old agent's Deployment.</param>
/// <param name="To">The new agent's Deployment.</param>
/// <param name="Deadline">Until when the hub must have confirmed.</param>
/// <param name="Stage">How far it is.</param>
public sealed record UpgradeRecord(string Id, string Image, string Version, string From, string To, DateTimeOffset Deadline, UpgradeStage Stage);

/// <summary>What an agent's process may do about the cluster's Lease.</summary>
public enum UpgradeRole
{
    /// <summary>Take it and work.</summary>
    Work,
    /// <summary>The new one: write <see cref="UpgradeStage.Taken"/>, then take it.</summary>
    TakeOver,
    /// <summary>The old one while the new one has the cluster: wait for the end.</summary>
    Wait,
    /// <summary>The old one after the deadline: write <see cref="UpgradeStage.Failed"/>, then take it back.</summary>
    TakeBack,
    /// <summary>The one that lost: touch nothing; the other removes it.</summary>
    Stop,
}

/// <summary>Decides by the stored record alone: any process may be killed and started between any two lines.</summary>
public static class UpgradeRules
{
    /// <summary>The agent's two names for its Deployment; one of them is in use.</summary>
    public static readonly IReadOnlyList<string> Names = ["fleet-agent", "fleet-agent-b"];

    public static UpgradeRole RoleOf(UpgradeRecord? record, string deployment, DateTimeOffset now)
    {
        if (record is null || (record.From != deployment && record.To != deployment)) return UpgradeRole.Work;
        var isOld = record.From == deployment;
        return record.Stage switch
        {
            // The new one has not come yet: the old one goes on working, and past the deadline calls it off.
            UpgradeStage.Intended when isOld => now < record.Deadline ? UpgradeRole.Work : UpgradeRole.TakeBack,
            UpgradeStage.Intended => now < record.Deadline ? UpgradeRole.TakeOver : UpgradeRole.Stop,
            UpgradeStage.Taken when isOld => now < record.Deadline ? UpgradeRole.Wait : UpgradeRole.TakeBack,
            UpgradeStage.Taken => UpgradeRole.Work,
            UpgradeStage.Confirmed => isOld ? UpgradeRole.Stop : UpgradeRole.Work,
            UpgradeStage.Failed => isOld ? UpgradeRole.Work : UpgradeRole.Stop,
            _ => UpgradeRole.Stop,
        };
    }

    /// <summary>Why an upgrade is not begun; null when it may.</summary>
    /// <param name="deployment">The agent's own Deployment; empty: it does not know.</param>
    /// <param name="image">What shall run.</param>
    /// <param name="images">Patterns on images that this cluster takes.</param>
    public static string? Refuses(string deployment, string image, IReadOnlyList<string> images)
    {
        if (!Names.Contains(deployment)) return "this agent does not know its own Deployment (--deployment), so it cannot make another one; upgrade it with its chart";
        return Policy.Wildcard.Any(images, image)
            ? null
            : $"this cluster takes agents' images only from {(images.Count == 0 ? "nowhere (no --upgrade-images)" : string.Join(", ", images))}. Change upgrades.images in the values of the agent's chart";
    }

    public static string Other(string deployment) => Names[deployment == Names[0] ? 1 : 0];
}

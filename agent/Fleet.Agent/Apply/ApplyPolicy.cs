using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Apply;

/// <summary>What an Assignment says of how its objects are written.</summary>
/// <param name="Owner">Whose they are.</param>
/// <param name="Adopt">What to do with objects that exist and are not ours.</param>
/// <param name="Ignored">Fields left to others.</param>
/// <param name="IsForced">Objects whose change is refused as immutable are replaced.</param>
internal sealed record ApplyPolicy(Ownership Owner, AdoptPolicy Adopt, IReadOnlyList<IgnoreRule> Ignored, bool IsForced);

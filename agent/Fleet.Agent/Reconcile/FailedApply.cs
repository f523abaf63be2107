using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Reconcile;

/// <summary>An object's last try and how often it failed in a row.</summary>
internal sealed record FailedApply(FailedTry Try, ErrorKind Kind, int Count);

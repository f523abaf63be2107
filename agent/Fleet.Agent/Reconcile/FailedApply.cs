using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Reconcile;

/// <summary>An object's last try and how often it failed in a row.</summary>
/// <param name="Try">What failed, and until when it rests.</param>
/// <param name="Kind">What must happen before another try makes sense.</param>
/// <param name="Count">Failures in a row.</param>
/// <param name="Since">The first of them.</param>
internal sealed record FailedApply(FailedTry Try, ErrorKind Kind, int Count, DateTimeOffset Since);

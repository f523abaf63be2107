namespace Fleet.Agent.Core.Health;

/// <summary>Kinds that we have no rule for: what they say under Ready, Available or Healthy counts, and silence is health.</summary>
internal static class ConditionHealth
{
    private static readonly string[] Ready = ["Ready", "Available", "Healthy"];

    public static ObjectHealth Compute(Conditions conditions)
    {
        foreach (var type in Ready)
        {
            if (conditions.Find(type) is not { } condition) continue;
            return condition.IsTrue ? ObjectHealth.Current : ObjectHealth.Progressing(condition.Words);
        }
        return ObjectHealth.Current;
    }
}

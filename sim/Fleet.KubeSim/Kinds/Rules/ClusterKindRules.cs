using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>RuntimeClasses, after apis/node/validation/validation.go: the handler stays.</summary>
internal sealed class RuntimeClassRules : KindRules
{
    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        if (old is not null)
        {
            errors.Unchanged("handler", item["handler"], old["handler"]);
            return;
        }

        errors.Check("handler", item.Text("handler") ?? "", Names.Label);
    }
}

/// <summary>Leases, after apis/coordination/validation/validation.go.</summary>
internal sealed class LeaseRules : KindRules
{
    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec.Whole("leaseDurationSeconds") is <= 0 and var seconds)
        {
            errors.Invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
        }

        errors.NotNegative("spec.leaseTransitions", spec.Whole("leaseTransitions"));
    }
}

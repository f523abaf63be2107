using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>CronJobs.</summary>
internal sealed class CronJobRules : KindRules
{
    private static readonly string[] Descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.FillText("concurrencyPolicy", "Allow");
        spec.Fill("suspend", false);
        spec.Fill("successfulJobsHistoryLimit", 3);
        spec.Fill("failedJobsHistoryLimit", 1);
        PodDefaults.Template(spec.Map("jobTemplate").Map("spec").Map("template"));
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var schedule = spec.Text("schedule") ?? "";
        if (schedule.Length == 0)
        {
            errors.Required("spec.schedule");
        }
        else if (old is null || old.Map("spec").Text("schedule") != schedule)
        {
            Schedule(schedule, errors);
        }

        errors.NotNegative("spec.startingDeadlineSeconds", spec.Whole("startingDeadlineSeconds"));
        errors.OneOf("spec.concurrencyPolicy", spec.Text("concurrencyPolicy") ?? "", "Allow", "Forbid", "Replace");
        JobRules.Template(spec.Map("jobTemplate").Map("spec").Map("template"), "spec.jobTemplate.spec.template", errors);
        errors.NotNegative("spec.successfulJobsHistoryLimit", spec.Whole("successfulJobsHistoryLimit"));
        errors.NotNegative("spec.failedJobsHistoryLimit", spec.Whole("failedJobsHistoryLimit"));
    }

    private static void Schedule(string schedule, Findings errors)
    {
        if (schedule.StartsWith('@'))
        {
            if (!Descriptors.Contains(schedule) && !schedule.StartsWith("@every ", StringComparison.Ordinal))
            {
                errors.Invalid("spec.schedule", schedule, $"unrecognized descriptor: {schedule}");
            }

            return;
        }

        var fields = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            errors.Invalid("spec.schedule", schedule, $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        }
    }
}

using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>CronJobs, after apis/batch/validation/validation.go.</summary>
internal sealed class CronJobRules : KindRules
{
    /// <summary>The controller appends eleven characters to the name.</summary>
    private const int MaxName = 52;

    public override bool HasGeneration => true;

    public override bool ChecksMetadataOnUpdate => false;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.FillText("concurrencyPolicy", "Allow");
        spec.Fill("suspend", false);
        spec.Fill("successfulJobsHistoryLimit", 3);
        spec.Fill("failedJobsHistoryLimit", 1);
        PodDefaults.Template(spec.Map("jobTemplate").Map("spec").Map("template"));
    }

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        [
            .. PodWarnings.Name(item, old, pod: false),
            .. PodWarnings.Template(Template(item), old is null ? null : Template(old), "spec.jobTemplate.spec.template"),
        ];

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var schedule = spec.Text("schedule") ?? "";
        var zone = spec.Text("timeZone");
        if (schedule.Length == 0)
        {
            errors.Required("spec.schedule");
        }
        else
        {
            Schedule(schedule, zone, old?.Map("spec").Text("schedule"), errors);
        }

        errors.NotNegative("spec.startingDeadlineSeconds", spec.Whole("startingDeadlineSeconds"));
        Zone(zone, errors);
        errors.NeedOneOf("spec.concurrencyPolicy", spec.Text("concurrencyPolicy"), "Allow", "Forbid", "Replace");
        Template(spec.Map("jobTemplate").Map("spec") ?? [], errors);
        errors.NotNegative("spec.successfulJobsHistoryLimit", spec.Whole("successfulJobsHistoryLimit"));
        errors.NotNegative("spec.failedJobsHistoryLimit", spec.Whole("failedJobsHistoryLimit"));
        if (old is null && item.Map("metadata").Text("name") is { Length: > MaxName } name)
        {
            errors.Invalid("metadata.name", name, $"must be no more than {MaxName} characters");
        }
    }

    private static void Schedule(string schedule, string? zone, string? before, Findings errors)
    {
        if (CronSchedule.Problem(schedule) is { } problem)
        {
            errors.Invalid("spec.schedule", schedule, problem);
        }

        // Zones within schedules are left to those who had one.
        if (!HasZone(schedule))
        {
            return;
        }

        if (before is null || !HasZone(before))
        {
            errors.Invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        else if (zone is not null)
        {
            errors.Invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
    }

    private static bool HasZone(string schedule) => schedule.Contains("TZ", StringComparison.Ordinal);

    private static void Zone(string? zone, Findings errors)
    {
        if (zone is null)
        {
            return;
        }

        if (zone.Length == 0)
        {
            errors.Invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string");
        }
        else if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
        {
            errors.Invalid("spec.timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            errors.Invalid("spec.timeZone", zone, $"unknown time zone {zone}");
        }
    }

    private static JsonObject? Template(JsonObject item) => item.Map("spec").Map("jobTemplate").Map("spec").Map("template");

    private static void Template(JsonObject job, Findings errors)
    {
        const string field = "spec.jobTemplate.spec";
        JobRules.Spec(job, field, errors);
        if (job["selector"] is { } selector)
        {
            errors.Invalid($"{field}.selector", selector, "`selector` will be auto-generated");
        }

        if (job.Flag("manualSelector"))
        {
            errors.Add(FieldError.NotSupported($"{field}.manualSelector", true, "nil", "false"));
        }
    }
}

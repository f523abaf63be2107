namespace Fleet.KubeSim.Tests.Kubectl;

/// <summary>A test that needs kubectl on the PATH; skipped, with the reason, where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "kubectl"))))
        {
            Skip = "kubectl is not on the PATH";
        }
    }
}

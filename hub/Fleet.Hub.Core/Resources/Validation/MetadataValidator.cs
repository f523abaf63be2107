using System.Text;
using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>metadata, alike for all kinds.</summary>
internal static class MetadataValidator
{
    private const int MaxAnnotationBytes = 64 * 1024;
    private const int MaxLabels = 64;

    public static void Validate(ObjectMeta metadata, Violations violations)
    {
        violations.Check("metadata.name", Names.Problem(metadata.Name));
        violations.CheckLabels("metadata.labels", metadata.Labels);
        if (metadata.Labels.Count > MaxLabels)
        {
            violations.Add("metadata.labels", $"There are {metadata.Labels.Count} labels; at most {MaxLabels} are allowed. Put notes into annotations.");
        }

        var bytes = 0;
        foreach (var (key, value) in metadata.Annotations)
        {
            violations.Check(KeyPaths.Entry("metadata.annotations", key), LabelSyntax.KeyProblem(key));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (bytes > MaxAnnotationBytes)
        {
            violations.Add("metadata.annotations", $"The annotations have {bytes} bytes; at most {MaxAnnotationBytes} are allowed together.");
        }
    }
}

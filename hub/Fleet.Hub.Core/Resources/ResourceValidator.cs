using Fleet.Hub.Core.Resources.Validation;
using Fleet.V1;

namespace Fleet.Hub.Core.Resources;

/// <summary>Checks what a resource means, once its form is known to be right.</summary>
public static class ResourceValidator
{
    /// <summary>All mistakes of a resource in itself; references to other resources are not looked at (<see cref="References"/>).</summary>
    public static IReadOnlyList<Violation> Validate(Resource resource)
    {
        var violations = new Violations();
        if (ResourceMessages.KindOf(resource) is null)
        {
            violations.Add("kind", $"The resource has no kind: write {Quoting.Choices([.. ResourceKinds.Applied.Select(k => k.ToString())])}.");
            return violations.Found;
        }

        MetadataValidator.Validate(ResourceMessages.Metadata(resource), violations);
        switch (resource.KindCase)
        {
            case Resource.KindOneofCase.GitSource:
                GitSourceValidator.Validate(resource.GitSource, violations);
                break;
            case Resource.KindOneofCase.ClusterGroup:
                ClusterGroupValidator.Validate(resource.ClusterGroup, violations);
                break;
            case Resource.KindOneofCase.Assignment:
                AssignmentValidator.Validate(resource.Assignment, violations);
                break;
            case Resource.KindOneofCase.Cluster:
                ClusterValidator.Validate(resource.Cluster, violations);
                break;
            case Resource.KindOneofCase.EnrollmentToken:
                EnrollmentTokenValidator.Validate(resource.EnrollmentToken, violations);
                break;
        }

        return violations.Found;
    }
}

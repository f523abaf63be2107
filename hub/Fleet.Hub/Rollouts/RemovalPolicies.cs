using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>What becomes of the objects of removed targets.</summary>
internal static class RemovalPolicies
{
    /// <summary>Annotation on an Assignment that is being deleted: delete or keep, as its deletion said.</summary>
    public const string DeletionAnnotation = "fleet/removal-policy";

    /// <summary>Null: the Assignment is not being deleted. Its deletion was confirmed, and means delete unless keep was asked for.</summary>
    public static Removal? OfDeletion(StoredResource stored, Assignment assignment) =>
        stored.DeletedAt is null ? null
        : assignment.Metadata.Annotations.TryGetValue(DeletionAnnotation, out var asked) && asked == "keep" ? Removal.Keep
        : Removal.Delete;

    /// <summary>Keep, unless the Assignment says delete.</summary>
    public static Removal OfLeaving(AssignmentSpec spec) => spec.OnRemove == "delete" ? Removal.Delete : Removal.Keep;

    public static RemovalPolicy Wire(Removal policy) => policy == Removal.Delete ? RemovalPolicy.Delete : RemovalPolicy.Keep;

    public static RemovalCause Wire(RemovalReason reason) => reason switch
    {
        RemovalReason.AssignmentDeleted => RemovalCause.AssignmentDeleted,
        RemovalReason.LeftGroup => RemovalCause.LeftGroup,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}

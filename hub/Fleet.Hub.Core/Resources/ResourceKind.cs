namespace Fleet.Hub.Core.Resources;

/// <summary>The kinds of resources that the hub knows.</summary>
public enum ResourceKind
{
    GitSource,
    ClusterGroup,
    Assignment,
    Cluster,
    EnrollmentToken,
    ClusterAssignment,
    Hold,
    Incident,
    AuditEvent,
}

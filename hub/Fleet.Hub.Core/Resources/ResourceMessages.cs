using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Core.Resources;

/// <summary>What resources of all kinds have in common, read from their messages.</summary>
public static class ResourceMessages
{
    /// <summary>The kind that is set, or null when none is (or one of a later version).</summary>
    public static ResourceKind? KindOf(Resource resource) => resource.KindCase switch
    {
        Resource.KindOneofCase.GitSource => ResourceKind.GitSource,
        Resource.KindOneofCase.ClusterGroup => ResourceKind.ClusterGroup,
        Resource.KindOneofCase.Assignment => ResourceKind.Assignment,
        Resource.KindOneofCase.Cluster => ResourceKind.Cluster,
        Resource.KindOneofCase.EnrollmentToken => ResourceKind.EnrollmentToken,
        Resource.KindOneofCase.ClusterAssignment => ResourceKind.ClusterAssignment,
        Resource.KindOneofCase.Hold => ResourceKind.Hold,
        Resource.KindOneofCase.Incident => ResourceKind.Incident,
        Resource.KindOneofCase.AuditEvent => ResourceKind.AuditEvent,
        _ => null,
    };

    /// <summary>The message inside: a GitSource, an Assignment, …</summary>
    public static IMessage? Body(Resource resource) => resource.KindCase switch
    {
        Resource.KindOneofCase.GitSource => resource.GitSource,
        Resource.KindOneofCase.ClusterGroup => resource.ClusterGroup,
        Resource.KindOneofCase.Assignment => resource.Assignment,
        Resource.KindOneofCase.Cluster => resource.Cluster,
        Resource.KindOneofCase.EnrollmentToken => resource.EnrollmentToken,
        Resource.KindOneofCase.ClusterAssignment => resource.ClusterAssignment,
        Resource.KindOneofCase.Hold => resource.Hold,
        Resource.KindOneofCase.Incident => resource.Incident,
        Resource.KindOneofCase.AuditEvent => resource.AuditEvent,
        _ => null,
    };

    /// <summary>Puts a message of one of the kinds into a Resource.</summary>
    public static Resource Wrap(IMessage body) => body switch
    {
        GitSource m => new Resource { GitSource = m },
        ClusterGroup m => new Resource { ClusterGroup = m },
        Assignment m => new Resource { Assignment = m },
        Cluster m => new Resource { Cluster = m },
        EnrollmentToken m => new Resource { EnrollmentToken = m },
        ClusterAssignment m => new Resource { ClusterAssignment = m },
        Hold m => new Resource { Hold = m },
        Incident m => new Resource { Incident = m },
        AuditEvent m => new Resource { AuditEvent = m },
        _ => throw new ArgumentException($"{body.Descriptor.FullName} is not a resource.", nameof(body)),
    };

    /// <summary>An empty resource of a kind, with apiVersion, kind and metadata set.</summary>
    public static Resource Create(ResourceKind kind) => Wrap(kind switch
    {
        ResourceKind.GitSource => new GitSource { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(GitSource), Metadata = new() },
        ResourceKind.ClusterGroup => new ClusterGroup { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(ClusterGroup), Metadata = new() },
        ResourceKind.Assignment => new Assignment { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(Assignment), Metadata = new() },
        ResourceKind.Cluster => new Cluster { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(Cluster), Metadata = new() },
        ResourceKind.EnrollmentToken => new EnrollmentToken { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(EnrollmentToken), Metadata = new() },
        ResourceKind.ClusterAssignment => new ClusterAssignment { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(ClusterAssignment), Metadata = new() },
        ResourceKind.Hold => new Hold { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(Hold), Metadata = new() },
        ResourceKind.Incident => new Incident { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(Incident), Metadata = new() },
        ResourceKind.AuditEvent => new AuditEvent { ApiVersion = ResourceKinds.ApiVersion, Kind = nameof(AuditEvent), Metadata = new() },
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    });

    /// <summary>The resource's metadata; made when it has none.</summary>
    public static ObjectMeta Metadata(Resource resource)
    {
        var body = Body(resource) ?? throw new ArgumentException("The resource has no kind.", nameof(resource));
        var field = body.Descriptor.FindFieldByName("metadata");
        if (field.Accessor.GetValue(body) is not ObjectMeta metadata)
        {
            field.Accessor.SetValue(body, metadata = new ObjectMeta());
        }

        return metadata;
    }

    /// <summary>The spec's message, or null for kinds without one or when it is not set.</summary>
    public static IMessage? Spec(Resource resource)
    {
        var body = Body(resource);
        return body?.Descriptor.FindFieldByName("spec")?.Accessor.GetValue(body) as IMessage;
    }

    /// <summary>The words for it in messages: <c>Assignment web</c>.</summary>
    public static string Describe(Resource resource) => $"{KindOf(resource)} {Metadata(resource).Name}";
}

using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Work;

/// <summary>The messages that stored resources are.</summary>
internal static class StoredMessages
{
    public static GitSource GitSource(this StoredResource stored)
    {
        var source = V1.GitSource.Parser.ParseFrom(stored.Body);
        source.Metadata = Identified(source.Metadata, stored);
        source.Spec ??= new GitSourceSpec();
        return source;
    }

    public static ClusterGroup ClusterGroup(this StoredResource stored)
    {
        var group = V1.ClusterGroup.Parser.ParseFrom(stored.Body);
        group.Metadata = Identified(group.Metadata, stored);
        group.Spec ??= new ClusterGroupSpec();
        return group;
    }

    public static Assignment Assignment(this StoredResource stored)
    {
        var assignment = V1.Assignment.Parser.ParseFrom(stored.Body);
        assignment.Metadata = Identified(assignment.Metadata, stored);
        assignment.Spec ??= new AssignmentSpec();
        return assignment;
    }

    // The columns are the truth of what the hub itself mints.
    private static ObjectMeta Identified(ObjectMeta? meta, StoredResource stored)
    {
        meta ??= new ObjectMeta();
        meta.Uid = stored.Uid;
        meta.Name = stored.Name;
        meta.Generation = (int)stored.Generation;
        return meta;
    }
}

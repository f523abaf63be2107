using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>Between declared resources and their rows: the body holds what the user wrote, the columns what the hub adds.</summary>
public static class DeclaredRows
{
    /// <summary>The resource of a row, without status.</summary>
    public static Resource Read(StoredResource row)
    {
        var resource = ResourceMessages.Create(System.Enum.Parse<ResourceKind>(row.Kind));
        ResourceMessages.Body(resource)!.MergeFrom(row.Body);
        var metadata = ResourceMessages.Metadata(resource);
        metadata.Name = row.Name;
        metadata.Uid = row.Uid;
        metadata.Generation = (int)row.Generation;
        metadata.ResourceVersion = ResourceVersions.Of(row);
        metadata.CreationTimestamp = Timestamp.FromDateTimeOffset(row.Created);
        metadata.DeletionTimestamp = row.DeletedAt is { } deleted ? Timestamp.FromDateTimeOffset(deleted) : null;
        return resource;
    }

    /// <summary>The body of a row: what the user wrote, and nothing of the hub's.</summary>
    internal static byte[] Body(Resource resource)
    {
        var body = ResourceMessages.Body(resource)!;
        var copy = body.Descriptor.Parser.ParseFrom(body.ToByteString());
        copy.Descriptor.FindFieldByName("status")?.Accessor.Clear(copy);
        var metadata = (ObjectMeta)copy.Descriptor.FindFieldByName("metadata").Accessor.GetValue(copy);
        metadata.Uid = metadata.ResourceVersion = "";
        metadata.Generation = 0;
        metadata.CreationTimestamp = metadata.DeletionTimestamp = null;
        return copy.ToByteArray();
    }
}

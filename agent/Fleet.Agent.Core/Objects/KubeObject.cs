using System.Text.Json.Nodes;

namespace Fleet.Agent.Core.Objects;

/// <summary>One Kubernetes object as JSON, with names for the fields that every kind has; it does not copy, so whoever changes <see cref="Json"/> changes the object.</summary>
public sealed class KubeObject(JsonObject json)
{
    public JsonObject Json { get; } = json;

    public string ApiVersion => Json.Text("apiVersion") ?? "";
    public string Kind => Json.Text("kind") ?? "";
    public GroupVersionKind GroupVersionKind => GroupVersionKind.Of(ApiVersion, Kind);
    public string Group => GroupVersionKind.Group;

    public JsonObject? Metadata => Json.Map("metadata");
    public string Name => Metadata.Text("name") ?? "";
    public string Namespace => Metadata.Text("namespace") ?? "";
    public string Uid => Metadata.Text("uid") ?? "";
    public string ResourceVersion => Metadata.Text("resourceVersion") ?? "";
    public long? Generation => Metadata.Number("generation");
    public DateTimeOffset? CreationTimestamp => Metadata.Time("creationTimestamp");
    public DateTimeOffset? DeletionTimestamp => Metadata.Time("deletionTimestamp");
    public bool IsTerminating => Metadata.Text("deletionTimestamp") is not null;
    public JsonArray? ManagedFields => Metadata.List("managedFields");
    public IReadOnlyList<string> Finalizers => [.. (Metadata.List("finalizers") ?? []).Select(f => f.AsText()).OfType<string>()];

    public JsonObject? Spec => Json.Map("spec");
    public JsonObject? Status => Json.Map("status");

    public ObjectKey Key => new(Group, Kind, Namespace, Name);

    public string? Label(string name) => Metadata.Map("labels").Text(name);

    public string? Annotation(string name) => Metadata.Map("annotations").Text(name);

    public KubeObject Clone() => new((JsonObject)Json.DeepClone());

    public override string ToString() => Key.ToString();
}

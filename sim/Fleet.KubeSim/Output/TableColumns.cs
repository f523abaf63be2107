using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The columns of each kind.</summary>
internal static class TableColumns
{
    private const string NameDescription =
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an "
        + "appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. "
        + "More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    private const string AgeDescription =
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across "
        + "separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. "
        + "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    private static readonly TableColumn Name = new("Name", (o, _) => o.Map("metadata").Text("name")) { Format = "name", Description = NameDescription };
    private static readonly TableColumn Age = new("Age", (o, now) => AgeOf(o, now)) { Description = AgeDescription };

    public static IReadOnlyList<TableColumn> For(ApiResource resource) => [Name, Age];

    public static string AgeOf(JsonObject item, DateTimeOffset now) =>
        DateTimeOffset.TryParse(item.Map("metadata").Text("creationTimestamp"), CultureInfo.InvariantCulture, out var created)
            ? HumanDuration.Of(now - created)
            : "<unknown>";
}

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>An object of the model by kind, namespace and name.</summary>
internal sealed record ObjectId(string Kind, string Namespace, string Name)
{
    public string ApiVersion => Kind == "Deployment" ? "apps/v1" : "v1";

    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}

/// <summary>An object as it stands in Git.</summary>
internal sealed record ModelObject(ObjectId Id, int Value)
{
    public static readonly string[] Kinds = ["ConfigMap", "ConfigMap", "ConfigMap", "ConfigMap", "Secret", "Secret", "Service", "ServiceAccount", "ServiceAccount", "Deployment"];

    /// <summary>The value is an annotation with every kind, and a field of the kind's own where it has one: drift is made in either.</summary>
    public string Manifest => $"""
        apiVersion: {Id.ApiVersion}
        kind: {Id.Kind}
        metadata:
          name: {Id.Name}
          namespace: {Id.Namespace}
          annotations:
            chaos: "{Value}"
        {Body}
        ---

        """;

    private string Body => Id.Kind switch
    {
        "ConfigMap" => $"data:\n  value: \"{Value}\"",
        "Secret" => $"stringData:\n  value: \"{Value}\"",
        "Service" => $"spec:\n  selector:\n    app: a{Value}\n  ports:\n    - port: 80",
        "Deployment" => $$"""
            spec:
              replicas: 1
              selector:
                matchLabels:
                  app: {{Id.Name}}
              template:
                metadata:
                  labels:
                    app: {{Id.Name}}
                spec:
                  containers:
                    - name: main
                      image: registry.example.com/web:{{Value}}
            """,
        _ => "automountServiceAccountToken: false",
    };
}

/// <summary>An Assignment as the model means it.</summary>
internal sealed class ModelAssignment(string name, string group, string onRemove)
{
    public string Name => name;

    public string Path => name;

    public string Group => group;

    public string OnRemove => onRemove;

    /// <summary>Objects by file.</summary>
    public SortedDictionary<string, List<ModelObject>> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What was ever in its files: an agent may still own any of it.</summary>
    public HashSet<ObjectId> Ever { get; } = [];

    public bool IsDeleted { get; set; }

    /// <summary>All its files are gone by mistake: the fleet must wait, and the model still wants what they held.</summary>
    public bool IsEmptiedByMistake { get; set; }

    public IEnumerable<ModelObject> Objects => Files.Values.SelectMany(o => o);

    public void Put(string file, ModelObject o)
    {
        if (!Files.TryGetValue(file, out var objects))
        {
            Files[file] = objects = [];
        }

        objects.Add(o);
        Ever.Add(o.Id);
    }

    public void Change(ModelObject o)
    {
        var file = Files.Values.First(f => f.Any(x => x.Id == o.Id));
        file[file.FindIndex(x => x.Id == o.Id)] = o;
    }

    public bool Take(ObjectId id)
    {
        foreach (var (file, objects) in Files)
        {
            if (objects.RemoveAll(o => o.Id == id) > 0)
            {
                if (objects.Count == 0)
                {
                    Files.Remove(file);
                }

                return true;
            }
        }

        return false;
    }
}

namespace Fleet.KubeSim.Schema;

/// <summary>What decoding an object found: fields that the type does not have, and the first value of a wrong type.</summary>
public sealed class DecodeReport
{
    private const int MaxStrictErrors = 100;
    private readonly List<string> _strict = [];

    /// <summary>Such as: unknown field "spec.replica", duplicate field "data.a", in the document's order.</summary>
    public IReadOnlyList<string> StrictErrors => _strict;

    /// <summary>Such as: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32.</summary>
    public string? TypeError { get; private set; }

    public void AddUnknown(string path) => AddStrict($"unknown field \"{path}\"");

    public void AddStrict(string error)
    {
        if (_strict.Count < MaxStrictErrors && !_strict.Contains(error))
        {
            _strict.Add(error);
        }
    }

    internal void AddTypeError(string error) => TypeError ??= error;
}

using System.Diagnostics.CodeAnalysis;
using Fleet.Agent.Core.Errors;

namespace Fleet.Agent.Kube;

/// <summary>The answer of a call to the API server: a value, or the error as a value. Only cancellation by the caller is an exception.</summary>
public readonly struct KubeResult<T>
{
    private KubeResult(T? value, KubeApiError? error) => (Value, Error) = (value, error);

    public T? Value { get; }
    public KubeApiError? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    public static implicit operator KubeResult<T>(T value) => new(value, null);
    public static implicit operator KubeResult<T>(KubeApiError error) => new(default, error);

    public override string ToString() => Error?.ToString() ?? Value?.ToString() ?? "";
}

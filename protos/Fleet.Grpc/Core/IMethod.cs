namespace Grpc.Core;

/// <summary>The name and kind of a method, without its message types.</summary>
public interface IMethod
{
    MethodType Type { get; }

    string ServiceName { get; }

    string Name { get; }

    /// <summary><c>/package.Service/Method</c>, which is the path of the HTTP/2 request.</summary>
    string FullName { get; }
}

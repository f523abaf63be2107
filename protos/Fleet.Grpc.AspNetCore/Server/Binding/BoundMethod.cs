using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>A method of a service, ready to be mapped.</summary>
internal sealed record BoundMethod(IMethod Method, RequestDelegate Handler, IReadOnlyList<object> Attributes);

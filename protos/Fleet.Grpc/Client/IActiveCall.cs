namespace Grpc.Net.Client;

/// <summary>A call that its channel can end.</summary>
internal interface IActiveCall : IDisposable;

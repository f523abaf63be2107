using Fleet.Hub.Core.Access;

namespace Fleet.Hub.Access;

/// <summary>Who makes an API call: what audit rows name.</summary>
/// <param name="Name">The API key's name.</param>
/// <param name="Role">What it may do.</param>
public sealed record Caller(string Name, Role Role);

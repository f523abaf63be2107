namespace Fleet.Bench.Load;

/// <summary>One request to an API server, with its body made beforehand.</summary>
internal sealed record ApiCall(HttpMethod Method, string Path, byte[]? Body = null, string ContentType = "application/json");

namespace Fleet.Hub.Core.Resources;

/// <summary>One mistake in a resource: the key that holds it, and what is wrong and what to write instead.</summary>
/// <param name="Key">Path of the key as <see cref="KeyPaths"/> writes it, such as spec.selector.matchExpressions[0].operator.</param>
/// <param name="Message">One or two sentences for the person who wrote the file.</param>
public sealed record Violation(string Key, string Message);

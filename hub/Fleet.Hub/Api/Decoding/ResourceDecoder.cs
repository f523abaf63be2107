using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Decoding;

/// <summary>Turns the files of an apply into resources: every mistake of form in every file, at once.</summary>
internal static class ResourceDecoder
{
    // What the hub writes is not read back, so that the output of "get -o yaml" can be applied as it is.
    private const string Status = "status";

    /// <summary>The resources that could be read; none of them may be stored when the list holds a violation.</summary>
    public static IReadOnlyList<DecodedResource> Decode(IReadOnlyList<SourceFile> files, ViolationList violations)
    {
        var decoded = new List<DecodedResource>();
        if (files.Count > DecodeLimits.MaxFiles || files.Sum(f => (long)f.Content.Length) > DecodeLimits.MaxCharacters)
        {
            violations.Add("", default, "", $"These are {files.Count} files; at most {DecodeLimits.MaxFiles} with {DecodeLimits.MaxCharacters} characters together are taken in one call: apply them in parts.");
            return decoded;
        }

        foreach (var file in files)
        {
            foreach (var document in YamlReader.Read(file.Name, file.Content, violations))
            {
                DecodeDocument(file.Name, document, violations, decoded);
            }
        }

        if (decoded.Count > DecodeLimits.MaxResources)
        {
            violations.Add("", default, "", $"These are {decoded.Count} resources; at most {DecodeLimits.MaxResources} are taken in one call: apply them in parts.");
        }

        return decoded;
    }

    private static void DecodeDocument(string file, YamlNode document, ViolationList violations, List<DecodedResource> decoded)
    {
        if (document is not YamlMapping mapping)
        {
            violations.Add(file, document.Mark, "", $"The document is {YamlWords.Describe(document)}, not a resource: begin it with apiVersion: {ResourceKinds.ApiVersion} and kind.");
            return;
        }

        if (mapping.Find("kind")?.Value is YamlScalar { Value: "List" } && mapping.Find("items")?.Value is YamlSequence items)
        {
            foreach (var item in items.Items)
            {
                DecodeDocument(file, item, violations, decoded);
            }

            return;
        }

        var versionFits = CheckVersion(file, mapping, violations);
        if (ReadKind(file, mapping, violations) is { } kind && versionFits)
        {
            var resource = ResourceMessages.Create(kind);
            var decoder = new MessageDecoder(file, violations);
            decoder.Fill(ResourceMessages.Body(resource)!, mapping, "", Status);
            decoded.Add(new DecodedResource(resource, file, mapping.Mark, decoder.Places));
        }
    }

    private static bool CheckVersion(string file, YamlMapping mapping, ViolationList violations)
    {
        var entry = mapping.Find("apiVersion");
        var written = (entry?.Value as YamlScalar)?.Value;
        if (written == ResourceKinds.ApiVersion)
        {
            return true;
        }

        violations.Add(file, entry?.Value.Mark ?? mapping.Mark, "apiVersion", written is null
            ? $"The document has no apiVersion: write apiVersion: {ResourceKinds.ApiVersion}."
            : $"{Quoting.Quote(written)} is not an apiVersion of Fleet: write {ResourceKinds.ApiVersion}. Manifests for the clusters themselves go into a Git repository that an Assignment names.");
        return false;
    }

    private static ResourceKind? ReadKind(string file, YamlMapping mapping, ViolationList violations)
    {
        var entry = mapping.Find("kind");
        var written = (entry?.Value as YamlScalar)?.Value ?? "";
        var mark = entry?.Value.Mark ?? mapping.Mark;
        var applied = ResourceKinds.Applied.Select(k => k.ToString()).ToArray();
        if (!Enum.TryParse<ResourceKind>(written, out var kind) || kind.ToString() != written)
        {
            violations.Add(file, mark, "kind", written.Length == 0
                ? $"The document has no kind: write {Quoting.Choices(applied)}."
                : $"{Quoting.Quote(written)} is not a kind of Fleet: write {Quoting.Choices(applied)}.{Closest.Hint(written, applied)}");
            return null;
        }

        if (ResourceKinds.Applied.Contains(kind))
        {
            return kind;
        }

        violations.Add(file, mark, "kind", kind == ResourceKind.EnrollmentToken
            ? "An EnrollmentToken is not applied, since its secret is shown once, to who makes it: use fleetctl token create."
            : $"A {kind} is made by the hub and cannot be applied: remove it from the file. What can be applied is {Quoting.Choices(applied)}.");
        return null;
    }
}

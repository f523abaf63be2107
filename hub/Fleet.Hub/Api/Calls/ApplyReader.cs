using System.Globalization;
using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Core.Resources;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>Reads and checks what is to be applied, as far as that needs no database.</summary>
internal static class ApplyReader
{
    /// <summary>The resources, defaulted; all mistakes of form and meaning are in the list.</summary>
    public static IReadOnlyList<ApplyItem> Read(IReadOnlyList<SourceFile> files, IReadOnlyList<Resource> resources, ViolationList violations)
    {
        var items = ResourceDecoder.Decode(files, violations).Select(d => new ApplyItem(d.Resource, d, "")).ToList();
        for (var i = 0; i < resources.Count && i < DecodeLimits.MaxResources; i++)
        {
            ReadTyped(resources[i], string.Create(CultureInfo.InvariantCulture, $"resources[{i}]."), items, violations);
        }

        CheckTwice(items, violations);
        foreach (var item in items)
        {
            foreach (var violation in ResourceValidator.Validate(item.Resource))
            {
                item.Refuse(violations, violation.Key, violation.Message);
            }

            Defaults.Apply(item.Resource);
        }

        if (items.Count == 0 && !violations.Any)
        {
            violations.Add(files.Count == 1 ? files[0].Name : "", default, "", $"There is no resource to apply: write at least one document that begins with apiVersion: {ResourceKinds.ApiVersion}.");
        }

        return items;
    }

    private static void ReadTyped(Resource resource, string prefix, List<ApplyItem> items, ViolationList violations)
    {
        if (ResourceMessages.KindOf(resource) is not { } kind || !ResourceKinds.Applied.Contains(kind))
        {
            violations.Add("", default, prefix + "kind", $"Only {Quoting.Choices([.. ResourceKinds.Applied.Select(k => k.ToString())])} can be applied.");
            return;
        }

        var copy = resource.Clone();
        var body = ResourceMessages.Body(copy)!;
        body.Descriptor.FindFieldByName("api_version").Accessor.SetValue(body, ResourceKinds.ApiVersion);
        body.Descriptor.FindFieldByName("kind").Accessor.SetValue(body, kind.ToString());
        body.Descriptor.FindFieldByName("status").Accessor.Clear(body);
        items.Add(new ApplyItem(copy, null, prefix));
    }

    private static void CheckTwice(List<ApplyItem> items, ViolationList violations)
    {
        var seen = new Dictionary<(ResourceKind, string), ApplyItem>();
        foreach (var item in items)
        {
            if (item.Metadata.Name.Length > 0 && !seen.TryAdd((item.Kind, item.Metadata.Name), item))
            {
                item.Refuse(violations, "metadata.name", $"{item.Kind} {item.Metadata.Name} is in this call twice, first at {seen[(item.Kind, item.Metadata.Name)].Place}: remove one.");
            }
        }
    }
}

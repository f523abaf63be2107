namespace Fleet.Hub.Hosting;

/// <summary>What a started hub prints to standard output: for people at first start, and one line for programs.</summary>
internal static class HubGreeting
{
    public static void Print(HubHost hub, HubOptions options, TextWriter output)
    {
        if (hub.AdminKey is { } key)
        {
            output.WriteLine($"First admin key (shown this once, and kept in {Path.Combine(options.DataFolder, "admin.key")}): {key}");
        }

        output.WriteLine($"fleet-hub ready api={hub.ApiAddress.GetLeftPart(UriPartial.Authority)} agents={hub.AgentsAddress.GetLeftPart(UriPartial.Authority)} ca-pin={hub.CaPin}");
        output.Flush();
    }
}

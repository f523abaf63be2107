using Fleet.KubeSim.Access;

namespace Fleet.KubeSim.Serving;

/// <summary>One authenticated request with everything that a verb needs of it.</summary>
internal sealed record ApiCall
{
    public required ApiRequest Request { get; init; }

    public required KubeUser User { get; init; }

    public required string UserAgent { get; init; }

    public required HttpContext Http { get; init; }

    public required Representation Representation { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Media type of the body, without parameters.</summary>
    public string ContentType { get; init; } = "";

    public required DateTimeOffset Now { get; init; }

    public List<string> Warnings { get; } = [];
}

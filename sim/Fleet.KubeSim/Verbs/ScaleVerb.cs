using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>The scale subresource: a small object that shows and sets how many replicas there are.</summary>
internal static class ScaleVerb
{
    public static Task ServeAsync(ClusterState cluster, ApiCall call, ApiResource resource, string ns) =>
        throw new ApiException(501, "NotImplemented", "scale");
}

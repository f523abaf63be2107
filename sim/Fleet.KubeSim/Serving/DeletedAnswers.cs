using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Serving;

/// <summary>The kinds whose DELETE answers with the object that is gone; all others answer with a Status.</summary>
internal static class DeletedAnswers
{
    private static readonly HashSet<ResourceKey> Kinds =
    [
        new("", "persistentvolumeclaims"), new("", "persistentvolumes"), new("", "pods"), new("", "podtemplates"), new("", "resourcequotas"),
        new("", "serviceaccounts"), new("", "services"), new("storage.k8s.io", "csidrivers"), new("storage.k8s.io", "csinodes"),
        new("storage.k8s.io", "storageclasses"), new("storage.k8s.io", "volumeattachments"), new("storage.k8s.io", "volumeattributesclasses"),
    ];

    public static bool ReturnsObject(ApiResource resource) => Kinds.Contains(resource.Key);
}

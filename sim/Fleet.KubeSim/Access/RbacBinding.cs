using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Access;

/// <summary>Whom a binding speaks of.</summary>
internal sealed record RbacSubject(string Kind, string Name, string Namespace);

/// <summary>One binding of a role to its subjects.</summary>
internal sealed record RbacBinding(string Namespace, string Name, string RoleKind, string RoleName, IReadOnlyList<RbacSubject> Subjects)
{
    /// <summary>The server's word for the role that is not there.</summary>
    public string MissingRole => $"{RoleKind.ToLowerInvariant()}.rbac.authorization.k8s.io \"{RoleName}\" not found";

    public static RbacBinding Parse(StoredObject stored)
    {
        var content = stored.ToJson();
        var role = content.Map("roleRef");
        var subjects = (content.List("subjects") ?? []).OfType<JsonObject>().Select(s => new RbacSubject(s.Text("kind") ?? "", s.Text("name") ?? "", s.Text("namespace") ?? ""));
        return new RbacBinding(stored.Namespace, stored.Name, role.Text("kind") ?? "", role.Text("name") ?? "", [.. subjects]);
    }

    /// <summary>The subject that the user is, or null.</summary>
    public RbacSubject? Binds(KubeUser user, string ns) => Subjects.FirstOrDefault(s => s.Kind switch
    {
        "User" => user.Name == s.Name,
        "Group" => user.Groups.Contains(s.Name),
        "ServiceAccount" => user.Name == $"system:serviceaccount:{(s.Namespace.Length > 0 ? s.Namespace : ns)}:{s.Name}",
        _ => false,
    });

    /// <summary>How the authorizer names what allowed a request.</summary>
    public string Describe(RbacSubject subject)
    {
        var binding = Namespace.Length == 0 ? $"ClusterRoleBinding \"{Name}\"" : $"RoleBinding \"{Name}/{Namespace}\"";
        var who = subject.Namespace.Length > 0 ? $"{subject.Name}/{subject.Namespace}" : subject.Name;
        return $"{binding} of {RoleKind} \"{RoleName}\" to {subject.Kind} \"{who}\"";
    }
}

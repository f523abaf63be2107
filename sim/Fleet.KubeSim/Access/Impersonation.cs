using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Access;

/// <summary>
/// The Impersonate-* headers. The server tries its modes in turn (nodes, service accounts, other users, each for this one verb only; at last the
/// unbounded right of old) and refuses in the words of the first that fits the name.
/// </summary>
internal static class Impersonation
{
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string NodePrefix = "system:node:";
    private const string Authentication = "authentication.k8s.io";

    public static KubeUser Apply(HttpRequest request, KubeUser user, AccessAttributes attempted, RbacAuthorizer authorizer)
    {
        var wanted = Read(request.Headers);
        if (wanted.Name.Length == 0)
        {
            return wanted is { Uid: "", Groups.Count: 0, Extra.Count: 0 }
                ? user
                : throw ApiException.BadRequest($"requested {GoForm(wanted)} without impersonating a user name");
        }

        ApiException? first = null;
        foreach (var mode in Modes(wanted))
        {
            if ((Demands(mode, wanted, attempted).Select(d => authorizer.Refusal(user, d)).FirstOrDefault(r => r is not null) ?? Forbidden(mode, wanted)) is not { } refusal)
            {
                return KubeUser.Of(wanted.Name, mode == "arbitrary-node" ? ["system:nodes"] : wanted.Groups) with { Uid = wanted.Uid, Extra = wanted.Extra };
            }

            first ??= refusal;
        }

        throw first!;
    }

    private static KubeUser Read(IHeaderDictionary headers) => new(headers["Impersonate-User"].ToString(), [.. headers["Impersonate-Group"].Select(g => g ?? "")])
    {
        Uid = headers["Impersonate-Uid"].ToString(),
        Extra = headers.Where(h => h.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase)).ToDictionary(
            h => Uri.UnescapeDataString(h.Key[ExtraPrefix.Length..].ToLowerInvariant()), h => (IReadOnlyList<string>)[.. h.Value.Select(v => v ?? "")]),
    };

    private static IEnumerable<string> Modes(KubeUser wanted)
    {
        var nameOnly = wanted is { Uid: "", Groups.Count: 0, Extra.Count: 0 };
        var account = KubeUser.ServiceAccount(wanted.Name) is not null;
        if (IsNode(wanted.Name))
        {
            if (nameOnly)
            {
                yield return "arbitrary-node";
            }
        }
        else if (!account)
        {
            yield return "user-info";
        }
        else if (nameOnly)
        {
            yield return "serviceaccount";
        }

        yield return "";
    }

    /// <summary>Every right that a mode asks for; the one without a name is that of old.</summary>
    private static IEnumerable<AccessAttributes> Demands(string mode, KubeUser wanted, AccessAttributes attempted)
    {
        var verb = mode.Length == 0 ? "impersonate" : $"impersonate:{mode}";
        var group = mode.Length == 0 ? "" : Authentication;
        if (mode.Length > 0)
        {
            yield return attempted with { Verb = $"impersonate-on:{mode}:{attempted.Verb}" };
        }

        var name = new AccessAttributes { Verb = verb, Group = group, Resource = "users", Name = wanted.Name };
        yield return KubeUser.ServiceAccount(wanted.Name) is { } account ? name with { Resource = "serviceaccounts", Namespace = account.Namespace, Name = account.Name }
            : mode == "arbitrary-node" ? name with { Resource = "nodes", Name = wanted.Name[NodePrefix.Length..] }
            : name;
        if (wanted.Uid.Length > 0)
        {
            yield return new AccessAttributes { Verb = verb, Group = Authentication, Resource = "uids", Name = wanted.Uid };
        }

        foreach (var one in wanted.Groups)
        {
            yield return new AccessAttributes { Verb = verb, Group = group, Resource = "groups", Name = one };
        }

        foreach (var (key, values) in wanted.Extra)
        {
            foreach (var value in values)
            {
                yield return new AccessAttributes { Verb = verb, Group = Authentication, Resource = "userextras", Subresource = key, Name = value };
            }
        }
    }

    /// <summary>What no right allows in the bounded modes.</summary>
    private static ApiException? Forbidden(string mode, KubeUser wanted) =>
        mode.Length > 0 && wanted.IsMaster
            ? ApiException.Forbidden(Authentication, "groups", KubeUser.Masters, "impersonating the system:masters group is not allowed")
            : null;

    private static bool IsNode(string name) => name.StartsWith(NodePrefix, StringComparison.Ordinal) && Names.Subdomain(name[NodePrefix.Length..]).Count == 0;

    private static string GoForm(KubeUser wanted)
    {
        var groups = wanted.Groups.Count == 0 ? "[]string(nil)" : $"[]string{{{string.Join(", ", wanted.Groups.Select(GoText.Quote))}}}";
        var extra = wanted.Extra.Count == 0
            ? "map[string][]string(nil)"
            : $"map[string][]string{{{string.Join(", ", wanted.Extra.Select(e => $"{GoText.Quote(e.Key)}:[]string{{{string.Join(", ", e.Value.Select(GoText.Quote))}}}"))}}}";
        return $"&user.DefaultInfo{{Name:\"\", UID:{GoText.Quote(wanted.Uid)}, Groups:{groups}, Extra:{extra}}}";
    }
}

namespace Fleet.Agent.Core.Errors;

/// <summary>Judges an API server's error; the rules come from recordings of real servers, where HTTP status alone misleads.</summary>
public static class ErrorJudge
{
    /// <summary>The reason of a change that no update can make.</summary>
    public const string Immutable = "Immutable";
    private const int MessageLimit = 600;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    /// <param name="error">The error.</param>
    /// <param name="hideValues">True for Secrets: servers quote offending values, so only the fields' names are kept.</param>
    public static ErrorVerdict Judge(KubeApiError error, bool hideValues = false)
    {
        var verdict = ByFailure(error);
        if (!hideValues || error.HttpStatus is not (>= 400 and not 401 and not 403 and not 404 and not 429)) return verdict;
        var fields = string.Join(", ", error.Causes.Select(c => c.Field).Where(f => f.Length > 0).Distinct().Take(20));
        return verdict with
        {
            Message = $"the API server answered {error.HttpStatus} {verdict.Reason}{(fields.Length > 0 ? " for " + fields : "")}; its words are withheld, since they may quote the Secret's values",
        };
    }

    private static ErrorVerdict ByFailure(KubeApiError error) => error.Failure switch
    {
        KubeFailure.TimedOut => Transient("TimedOut", $"the API server did not answer in time ({Brief(error.Message)}); it is asked again"),
        KubeFailure.Unreachable => Transient("Unreachable", $"the API server cannot be reached ({Brief(error.Message)}); it is asked again"),
        KubeFailure.Unreadable => Transient("Unreadable", $"the API server's answer could not be read ({Brief(error.Message)}); it is asked again"),
        KubeFailure.Untrusted => Stalled("Untrusted", $"the API server's certificate is not trusted: {Brief(error.Message)}. Check the CA in the kubeconfig"),
        KubeFailure.NoCredential => Transient("NoCredential", $"no credential for the API server: {Brief(error.Message)}"),
        KubeFailure.UnknownKind => new(ErrorKind.Waiting, "UnknownKind", $"{Brief(error.Message)}. Install its CRD first, or put the CRD into the same Assignment"),
        KubeFailure.Refused => Stalled(error.Reason, error.Message),
        _ => ByStatus(error),
    };

    private static ErrorVerdict ByStatus(KubeApiError e) => e.HttpStatus switch
    {
        429 => Later(e, "TooManyRequests", "the API server asks to slow down"),
        401 => Transient("Unauthorized", "the API server does not accept the agent's credential; it is read anew and tried again"),
        403 when IsNamespaceTerminating(e) => new(ErrorKind.Waiting, "NamespaceTerminating",
            $"{Brief(e.Message)}. The object is created again once the namespace is gone and made anew"),
        403 when e.Message.Contains("exceeded quota", StringComparison.Ordinal) => Stalled("QuotaExceeded", $"{Brief(e.Message)}. Raise the ResourceQuota or ask for less"),
        403 => Stalled("Forbidden", $"{Brief(e.Message)}. Grant this right to the agent, or set another serviceAccount on the Assignment"),
        404 when IsNamespaceMissing(e) => new(ErrorKind.Waiting, "NamespaceMissing",
            $"{Brief(e.Message)}. Add the Namespace to the Assignment, or create it; the object follows by itself"),
        404 => new(ErrorKind.Waiting, "NotServed", $"the API server does not serve this kind: {Brief(e.Message)}"),
        405 => Stalled("MethodNotAllowed", $"{Brief(e.Message)}. This kind cannot be managed from Git"),
        409 when IsNamespaceTerminating(e) => new(ErrorKind.Waiting, "NamespaceTerminating", Brief(e.Message)),
        409 when e.Causes.Any(c => c.Reason == "FieldManagerConflict") => Stalled("FieldConflict", Brief(e.Message)),
        409 => Transient(e.Reason.Length > 0 ? e.Reason : "Conflict", $"the object changed meanwhile ({Brief(e.Message)}); it is read and tried again"),
        410 => Transient("Expired", "the list or watch is too old; it is read anew"),
        413 => Stalled("TooLarge", $"{Brief(e.Message)}. Make the object smaller: the limit is about 1.5 MB in the API server, 1 MiB of data in a ConfigMap or Secret"),
        415 => Stalled("UnsupportedMediaType", Brief(e.Message)),
        422 when IsImmutable(e) => Stalled(Immutable, Brief(e.Message)),
        // A JSON patch whose test does not hold: the object is not as it was read.
        422 when e.Message == "the server rejected our request due to an error in our request" => Transient("Conflict", "the object changed meanwhile; it is read and tried again"),
        422 => Stalled("Invalid", $"{Brief(e.Message)}. Mend the manifest in Git"),
        400 when IsWebhook(e) => Webhook(e),
        400 => Stalled("BadRequest", $"{Brief(e.Message)}. Mend the manifest in Git"),
        408 or 504 => Transient("ServerTimeout", $"{Brief(e.Message)}; it is tried again", e.RetryAfter),
        500 when IsSchema(e) => Stalled("Schema", $"{Brief(e.Message)}. The manifest does not fit the kind's schema: mend it in Git"),
        500 when IsWebhook(e) => Webhook(e),
        501 => Stalled("NotImplemented", Brief(e.Message)),
        503 when e.RetryAfter is not null => Later(e, "Unavailable", "the API server is not available"),
        >= 500 => Transient(e.Reason.Length > 0 ? e.Reason : "ServerError", $"the API server failed ({Brief(e.Message)}); it is tried again", e.RetryAfter),
        >= 400 => Stalled(e.Reason.Length > 0 ? e.Reason : "Refused", Brief(e.Message)),
        _ => Transient("Unexpected", $"unexpected answer {e.HttpStatus}: {Brief(e.Message)}"),
    };

    /// <summary>
    /// An apply that does not fit the schema is answered 500 under every fieldValidation (the structured-merge conversion
    /// fails before validation): trying again helps nobody.
    /// </summary>
    public static bool IsSchema(KubeApiError e) =>
        e.Message.Contains("failed to create typed patch object", StringComparison.Ordinal)
        || e.Message.Contains("failed to create manager for existing fields", StringComparison.Ordinal)
        || e.Message.Contains("unable to convert unstructured object", StringComparison.Ordinal)
        || e.Message.Contains("field not declared in schema", StringComparison.Ordinal);

    /// <summary>The live object cannot become what is wanted without being replaced; servers have no common form for this, so words count.</summary>
    public static bool IsImmutable(KubeApiError e) => e.HttpStatus == 422 &&
        (e.Message.Contains("field is immutable", StringComparison.Ordinal)
         || e.Message.Contains("is immutable after creation", StringComparison.Ordinal)
         || e.Message.Contains("may not change once set", StringComparison.Ordinal)
         || e.Message.Contains("may not be changed in an update", StringComparison.Ordinal)
         || e.Message.Contains("cannot change roleRef", StringComparison.Ordinal)
         || e.Message.Contains("updates to statefulset spec for fields other than", StringComparison.Ordinal)
         || e.Message.Contains("when `immutable` is set", StringComparison.Ordinal));

    private static bool IsNamespaceTerminating(KubeApiError e) =>
        e.Causes.Any(c => c.Reason == "NamespaceTerminating") || e.Message.Contains("because it is being terminated", StringComparison.Ordinal);

    private static bool IsNamespaceMissing(KubeApiError e) => e.DetailsKind == "namespaces" && e.Reason == "NotFound";

    private static bool IsWebhook(KubeApiError e) =>
        e.Message.Contains("failed calling webhook", StringComparison.Ordinal) || e.Message.Contains("admission webhook", StringComparison.Ordinal);

    /// <summary>A webhook that cannot be reached may come up (its Deployment may be in this very Plan); one that said no wants another manifest.</summary>
    private static ErrorVerdict Webhook(KubeApiError e) => e.Message.Contains("failed calling webhook", StringComparison.Ordinal)
        ? Transient("WebhookUnavailable", $"an admission webhook does not answer ({Brief(e.Message)}); it is tried again", e.RetryAfter)
        : Stalled("WebhookDenied", $"{Brief(e.Message)}. Mend the manifest in Git, or the policy");

    private static ErrorVerdict Later(KubeApiError e, string reason, string what)
    {
        var wait = e.RetryAfter is { } asked ? (asked > LongestWait ? LongestWait : asked) : (TimeSpan?)null;
        return new(ErrorKind.Waiting, reason, wait is { } w ? $"{what}, for {Math.Ceiling(w.TotalSeconds)} s" : what, wait);
    }

    private static ErrorVerdict Stalled(string reason, string message) => new(ErrorKind.Stalled, reason, message);

    private static ErrorVerdict Transient(string reason, string message, TimeSpan? wait = null) => new(ErrorKind.Transient, reason, message, wait);

    /// <summary>Servers quote whole objects in their messages; a Report carries a bounded piece.</summary>
    private static string Brief(string message)
    {
        var m = message.ReplaceLineEndings(" ").Trim();
        return m.Length <= MessageLimit ? m : m[..MessageLimit] + "…";
    }
}

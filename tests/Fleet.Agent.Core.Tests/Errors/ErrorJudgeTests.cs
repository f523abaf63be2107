using Fleet.Agent.Core.Errors;

namespace Fleet.Agent.Core.Tests.Errors;

public sealed class ErrorJudgeTests
{
    /// <summary>Words as recorded from a Kubernetes 1.36 API server.</summary>
    [Theory]
    [InlineData(500, "", "failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.template.spec.containers[name=\"c\"].imagePulPolicy: field not declared in schema", ErrorKind.Stalled, "Schema")]
    [InlineData(500, "", "failed to create typed patch object (/cm; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}", ErrorKind.Stalled, "Schema")]
    [InlineData(500, "", "failed to convert new object (/s; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64", ErrorKind.Stalled, "Schema")]
    [InlineData(500, "InternalError", "etcdserver: leader changed", ErrorKind.Transient, "InternalError")]
    [InlineData(500, "InternalError", "Internal error occurred: failed calling webhook \"v.example.com\": no endpoints available for service \"w\"", ErrorKind.Transient, "WebhookUnavailable")]
    [InlineData(400, "BadRequest", "admission webhook \"v.example.com\" denied the request: no", ErrorKind.Stalled, "WebhookDenied")]
    [InlineData(400, "BadRequest", "Deployment in version \"v1\" cannot be handled as a Deployment", ErrorKind.Stalled, "BadRequest")]
    [InlineData(401, "Unauthorized", "Unauthorized", ErrorKind.Transient, "Unauthorized")]
    [InlineData(403, "Forbidden", "configmaps is forbidden: User \"x\" cannot list resource", ErrorKind.Stalled, "Forbidden")]
    [InlineData(403, "Forbidden", "configmaps \"a\" is forbidden: unable to create new content in namespace n because it is being terminated", ErrorKind.Waiting, "NamespaceTerminating")]
    [InlineData(403, "Forbidden", "pods \"a\" is forbidden: exceeded quota: q, requested: pods=1", ErrorKind.Stalled, "QuotaExceeded")]
    [InlineData(404, "NotFound", "the server could not find the requested resource", ErrorKind.Waiting, "NotServed")]
    [InlineData(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", ErrorKind.Stalled, "MethodNotAllowed")]
    [InlineData(409, "Conflict", "Operation cannot be fulfilled on configmaps \"cm\": the object has been modified", ErrorKind.Transient, "Conflict")]
    [InlineData(409, "AlreadyExists", "object is being deleted: configmaps \"cm\" already exists", ErrorKind.Transient, "AlreadyExists")]
    [InlineData(410, "Expired", "too old resource version", ErrorKind.Transient, "Expired")]
    [InlineData(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728", ErrorKind.Stalled, "TooLarge")]
    [InlineData(422, "Invalid", "Deployment.apps \"d\" is invalid: spec.selector: Invalid value", ErrorKind.Stalled, "Invalid")]
    [InlineData(429, "TooManyRequests", "too many requests", ErrorKind.Waiting, "TooManyRequests")]
    [InlineData(503, "ServiceUnavailable", "the server is currently unable to handle the request", ErrorKind.Transient, "ServiceUnavailable")]
    [InlineData(504, "Timeout", "request did not complete within requested timeout", ErrorKind.Transient, "ServerTimeout")]
    [InlineData(418, "", "teapot", ErrorKind.Stalled, "Refused")]
    [InlineData(302, "", "moved", ErrorKind.Transient, "Unexpected")]
    public void Judge_Status_SaysWhatMustHappen(int status, string reason, string message, ErrorKind kind, string word)
    {
        var verdict = ErrorJudge.Judge(new() { Failure = KubeFailure.Status, HttpStatus = status, Reason = reason, Message = message });
        Assert.Equal((kind, word), (verdict.Kind, verdict.Reason));
        Assert.NotEmpty(verdict.Message);
    }

    [Theory]
    [InlineData(KubeFailure.TimedOut, ErrorKind.Transient)]
    [InlineData(KubeFailure.Unreachable, ErrorKind.Transient)]
    [InlineData(KubeFailure.Unreadable, ErrorKind.Transient)]
    [InlineData(KubeFailure.NoCredential, ErrorKind.Transient)]
    [InlineData(KubeFailure.Untrusted, ErrorKind.Stalled)]
    [InlineData(KubeFailure.UnknownKind, ErrorKind.Waiting)]
    public void Judge_NoAnswer_SaysWhatMustHappen(KubeFailure failure, ErrorKind kind) => Assert.Equal(kind, ErrorJudge.Judge(new() { Failure = failure, Message = "x" }).Kind);

    [Fact]
    public void Judge_NamespaceMissing_IsWaitedFor()
    {
        var verdict = ErrorJudge.Judge(new() { Failure = KubeFailure.Status, HttpStatus = 404, Reason = "NotFound", DetailsKind = "namespaces", DetailsName = "nowhere", Message = "namespaces \"nowhere\" not found" });
        Assert.Equal((ErrorKind.Waiting, "NamespaceMissing"), (verdict.Kind, verdict.Reason));
    }

    [Fact]
    public void Judge_ApplyConflict_IsStalled() => Assert.Equal("FieldConflict", ErrorJudge.Judge(new()
    {
        Failure = KubeFailure.Status,
        HttpStatus = 409,
        Reason = "Conflict",
        Message = "Apply failed with 1 conflict",
        Causes = [new(".data.a", "FieldManagerConflict", "conflict with \"alice\"")],
    }).Reason);

    [Fact]
    public void Judge_SecretsError_QuotesNoValue()
    {
        var error = new KubeApiError
        {
            Failure = KubeFailure.Status,
            HttpStatus = 422,
            Reason = "Invalid",
            Message = "Secret \"s\" is invalid: data[password]: Invalid value: \"hunter2\"",
            Causes = [new("data[password]", "FieldValueInvalid", "Invalid value: \"hunter2\"")],
        };
        var verdict = ErrorJudge.Judge(error, hideValues: true);
        Assert.DoesNotContain("hunter2", verdict.Message);
        Assert.Contains("data[password]", verdict.Message);
        Assert.Equal(ErrorKind.Stalled, verdict.Kind);
        var typed = ErrorJudge.Judge(error with { HttpStatus = 500, Reason = "", Causes = [], Message = "failed to create typed patch object: .data.p: got &value.valueUnstructured{Value:\"hunter2\"}" }, hideValues: true);
        Assert.DoesNotContain("hunter2", typed.Message);
        Assert.Equal("Schema", typed.Reason);
    }

    [Fact]
    public void Judge_RetryAfter_IsKeptAndBounded()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), ErrorJudge.Judge(Busy(TimeSpan.FromSeconds(7))).Wait);
        Assert.Equal(TimeSpan.FromMinutes(10), ErrorJudge.Judge(Busy(TimeSpan.FromDays(1))).Wait);

        static KubeApiError Busy(TimeSpan after) => new() { Failure = KubeFailure.Status, HttpStatus = 429, RetryAfter = after };
    }

    [Theory]
    [InlineData("Deployment.apps \"d\" is invalid: spec.selector: Invalid value: {}: field is immutable", true)]
    [InlineData("RoleBinding is invalid: roleRef: Invalid value: {}: cannot change roleRef", true)]
    [InlineData("StatefulSet.apps \"s\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden", true)]
    [InlineData("ConfigMap \"cm\" is invalid: data: Forbidden: field is immutable when `immutable` is set", true)]
    [InlineData("Deployment.apps \"d\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0", false)]
    public void IsImmutable_Words_AreKnown(string message, bool immutable) =>
        Assert.Equal(immutable, ErrorJudge.IsImmutable(new() { Failure = KubeFailure.Status, HttpStatus = 422, Reason = "Invalid", Message = message }));

    [Theory]
    [InlineData(404, "NotFound", "cm", true)]
    [InlineData(404, "NotFound", "", false)]   // the kind is gone
    [InlineData(503, "ServiceUnavailable", "cm", false)]
    [InlineData(404, "", "cm", false)]         // a proxy's own page
    public void IsObjectGone_OnlyA404OfTheObjectItself(int status, string reason, string name, bool gone) =>
        Assert.Equal(gone, new KubeApiError { Failure = KubeFailure.Status, HttpStatus = status, Reason = reason, DetailsName = name }.IsObjectGone("cm"));

    [Theory]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, 1, 1)]
    [InlineData(4, 1, 8)]
    [InlineData(40, 1, 300)]
    [InlineData(1000, 0, 150)]
    [InlineData(0, 1, 1)]
    public void Backoff_Failures_GrowUpToTheLongest(int failures, double random, double seconds) =>
        Assert.Equal(seconds, Backoff.Apply.Delay(failures, random).TotalSeconds, 3);

    [Fact]
    public void Backoff_ServerAsked_IsNeverSooner() =>
        Assert.Equal(TimeSpan.FromSeconds(60.5), Backoff.For(new(ErrorKind.Waiting, "x", "", TimeSpan.FromSeconds(60)), 1, 0.5));
}

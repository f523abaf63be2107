using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>Custom resources and their definitions against k8s.io/apiextensions-apiserver.</summary>
public sealed class CustomResourceRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    // pkg/apiserver/validation, vendored kube-openapi validators
    [InlineData("{type: integer, minimum: 1}", "0", "spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1")]
    [InlineData("{type: string, maxLength: 2, pattern: '^x'}", "abc", "spec.a: Too long: may not be more than 2 bytes|spec.a: Invalid value: \"abc\": spec.a in body should match '^x'")]
    [InlineData("{type: string, enum: [a, b]}", "c", "spec.a: Unsupported value: \"c\": supported values: \"a\", \"b\"")]
    [InlineData("{type: array, maxItems: 1, items: {type: string}}", "[a, b]", "spec.a: Too many: 2: must have at most 1 item")]
    [InlineData("{type: object, required: [b], properties: {b: {type: string}}}", "{}", "spec.a.b: Required value")]
    [InlineData("{type: integer}", "text", "spec.a: Invalid value: \"string\": spec.a in body must be of type integer: \"string\"")]
    // pkg/apiserver/schema/listtype: after the schema, the first repetition alone
    [InlineData("{type: array, x-kubernetes-list-type: set, items: {type: string}}", "[a, b, a, a]", "spec.a[2]: Duplicate value: \"a\"")]
    [InlineData("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, required: [k], properties: {k: {type: string}}}}", "[{k: a}, {k: a}]", "spec.a[1]: Duplicate value: {\"k\":\"a\"}")]
    // pkg/apiserver/schema/objectmeta
    [InlineData("{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}", "{kind: A}", "spec.a.apiVersion: Required value")]
    // pkg/apiserver/schema/cel: objects and lists are not shown
    [InlineData("{type: object, properties: {b: {type: integer}}, x-kubernetes-validations: [{rule: 'self.b > 1'}]}", "{b: 1}", "spec.a: Invalid value: failed rule: self.b > 1")]
    [InlineData("{type: integer, x-kubernetes-validations: [{rule: 'self > 1', messageExpression: '\"got \" + string(self)'}]}", "1", "spec.a: Invalid value: 1: got 1")]
    [InlineData("{type: object, additionalProperties: {type: integer, x-kubernetes-validations: [{rule: 'self > 1', message: small}]}}", "{x: 1}", "spec.a[x]: Invalid value: 1: small")]
    // hasBlockingErr
    [InlineData("{type: string, enum: [a], x-kubernetes-validations: [{rule: 'false'}]}", "b", "spec.a: Unsupported value: \"b\": supported values: \"a\"|<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation")]
    public void Create_BadValue_SaysWhatTheServerSays(string schema, string value, string expected)
    {
        var kind = Kind(schema);
        Assert.Equal(expected.Split('|'), Texts(kind.ValidateCreate(Item(kind, value))));
    }

    [Fact]
    public void Update_UnchangedBadValue_IsLetPass()
    {
        // CRDValidationRatcheting: what was stored before a rule came stays valid until it changes.
        var kind = Kind("{type: string, maxLength: 2}");
        var (old, same, changed) = (Item(kind, "abcd"), Item(kind, "abcd"), Item(kind, "abce"));

        Assert.Empty(kind.ValidateUpdate(same, old, ""));
        Assert.Equal(["spec.a: Too long: may not be more than 2 bytes"], Texts(kind.ValidateUpdate(changed, old, "")));
    }

    [Fact]
    public void Update_UnchangedValueThatBreaksARule_IsWarnedOf()
    {
        var kind = Kind("{type: integer, x-kubernetes-validations: [{rule: 'self > 1', message: small}]}");
        var (old, same) = (Item(kind, "1"), Item(kind, "1"));

        Assert.Empty(kind.ValidateUpdate(same, old, ""));
        Assert.Equal(["spec.a: Invalid value: 1: small"], kind.Warnings(same, old));
    }

    [Theory]
    [InlineData("plain", "metadata.finalizers: \"plain\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers")]
    [InlineData("example.com", "metadata.finalizers: \"example.com\": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers")]
    public void Create_FinalizerWithoutDomain_IsWarnedOf(string finalizer, string expected)
    {
        var kind = Kind("{type: integer}");
        var item = Item(kind, "1");
        item.MapOrNew("metadata")["finalizers"] = new JsonArray(finalizer);

        Assert.Empty(kind.ValidateCreate(item));
        Assert.Equal([expected], kind.Warnings(item, null));
    }

    [Theory]
    // pkg/apis/apiextensions/validation/validation.go, pkg/apiserver/schema/validation.go
    [InlineData("{type: object, properties: {a: {type: array}}}", "spec.validation.openAPIV3Schema.properties[a].items: Required value: must be specified")]
    [InlineData("{type: object, properties: {a: {type: string, default: 1}}}", "spec.validation.openAPIV3Schema.properties[a].default: Invalid value: \"integer\":  in body must be of type string: \"integer\"")]
    [InlineData("{type: object, properties: {a: {type: array, x-kubernetes-list-type: map, items: {type: object}}}}", "spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map")]
    [InlineData("{type: object, properties: {a: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}}}}}}", "spec.validation.openAPIV3Schema.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")]
    [InlineData("{type: object, additionalProperties: {type: string}}", "spec.validation.openAPIV3Schema.additionalProperties: Forbidden: must not be used at the root")]
    [InlineData("{type: object, properties: {a: {type: array, uniqueItems: true, items: {type: string}}}}", "spec.validation.openAPIV3Schema.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic")]
    [InlineData("{type: object, properties: {a: {type: string, x-kubernetes-validations: [{rule: 'self == oldSelf', reason: Other}]}}}", "spec.validation.openAPIV3Schema.properties[a].x-kubernetes-validations[0].reason: Unsupported value: \"Other\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"")]
    public void Define_BadSchema_SaysWhatTheServerSays(string schema, string expected) =>
        Assert.Equal([expected], Judged.Create(Definition(schema)));

    [Theory]
    [InlineData("plural: as", "plural: A_s", "metadata.name: Invalid value: \"as.example.com\": must be spec.names.plural+\".\"+spec.group|spec.names.plural: Invalid value: \"A_s\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("scope: Namespaced", "scope: World", "spec.scope: Unsupported value: \"World\": supported values: \"Cluster\", \"Namespaced\"")]
    [InlineData("name: v1", "name: V1", "spec.versions[0].name: Invalid value: \"V1\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("served: true", "served: true, additionalPrinterColumns: [{name: A, type: text, jsonPath: .a}]", "spec.additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of boolean,date,integer,number,string")]
    [InlineData("served: true", "served: true, subresources: {scale: {specReplicasPath: .replicas, statusReplicasPath: .status.replicas}}", "spec.subresources.scale.specReplicasPath: Invalid value: \".replicas\": should be a json path under .spec")]
    public void Define_BadNames_SaysWhatTheServerSays(string part, string instead, string expected) =>
        Assert.Equal(expected.Split('|'), Judged.Create(Definition("{type: object}").Replace(part, instead, StringComparison.Ordinal)));

    private static string Definition(string schema) =>
        $"{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: as.example.com}}, spec: {{group: example.com, scope: Namespaced, names: {{kind: A, plural: as}}, versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]}}}}";

    private static CustomKind Kind(string schema) =>
        CustomKind.FromDefinition(Judged.Read(Definition($"{{type: object, properties: {{spec: {{type: object, properties: {{a: {schema}}}}}}}}}")), "v1")!;

    private static JsonObject Item(CustomKind kind, string value)
    {
        var item = kind.Decode(Judged.Read($"{{apiVersion: example.com/v1, kind: A, metadata: {{name: x, namespace: default, uid: u}}, spec: {{a: {value}}}}}"), new DecodeReport());
        kind.PrepareForCreate(item, Now);
        return item;
    }

    private static string[] Texts(IReadOnlyList<FieldError> errors) => [.. errors.Select(e => $"{e.Field}: {e.Message}").Distinct(StringComparer.Ordinal)];
}

using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>An Assignment's spec.render.</summary>
internal static class RenderValidator
{
    private static readonly string[] Formats = ["raw"];
    private static readonly string[] NonManifests = ["error", "skip"];
    private static readonly string[] Duplicates = ["error", "last"];

    public static void Validate(RenderSpec render, Violations violations)
    {
        if (render.Format is "kustomize" or "helm")
        {
            violations.Add("spec.render.format", $"{render.Format} is not built yet: render in your pipeline (such as with {(render.Format == "helm" ? "helm template" : "kustomize build")}), commit the manifests, and write raw.");
        }
        else
        {
            violations.CheckChoice("spec.render.format", render.Format, Formats);
        }

        CheckNamespace("spec.render.namespace", render.Namespace, violations);
        CheckNamespace("spec.render.defaultNamespace", render.DefaultNamespace, violations);
        CheckGlobs("spec.render.include", render.Include, violations);
        CheckGlobs("spec.render.exclude", render.Exclude, violations);
        violations.CheckLabels("spec.render.commonLabels", render.CommonLabels);
        foreach (var key in render.CommonAnnotations.Keys)
        {
            violations.Check(KeyPaths.Entry("spec.render.commonAnnotations", key), LabelSyntax.KeyProblem(key));
        }

        violations.CheckChoice("spec.render.nonManifests", render.NonManifests, NonManifests);
        violations.CheckChoice("spec.render.duplicates", render.Duplicates, Duplicates);
    }

    private static void CheckNamespace(string key, string name, Violations violations)
    {
        if (name.Length > 0)
        {
            violations.Check(key, Names.LabelProblem(name, "namespace"));
        }
    }

    private static void CheckGlobs(string key, IReadOnlyList<string> globs, Violations violations)
    {
        for (var i = 0; i < globs.Count; i++)
        {
            violations.Check(KeyPaths.Item(key, i), RepositoryPaths.GlobProblem(globs[i]));
        }
    }
}

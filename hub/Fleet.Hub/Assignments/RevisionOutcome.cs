namespace Fleet.Hub.Assignments;

/// <summary>The Revision that an Assignment's targets should have, or why there is none.</summary>
/// <param name="Commit">Null: none can be given now, so targets stay as they are.</param>
/// <param name="ClosureDigest">Names the content that was put into the store for it.</param>
/// <param name="Subject">First line of the commit's message.</param>
/// <param name="Author">Who wrote it.</param>
/// <param name="Seen">The commit that the ref points at; another than <paramref name="Commit"/> when it changed nothing under the Assignment's paths.</param>
/// <param name="Reason">One word; Resolved when there is a commit.</param>
/// <param name="Message">For people.</param>
internal sealed record RevisionOutcome(
    string? Commit, string ClosureDigest, string Subject, string Author, string Seen, string Reason, string Message)
{
    public static RevisionOutcome None(string reason, string message, string seen = "") => new(null, "", "", "", seen, reason, message);
}

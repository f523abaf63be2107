using System.Text;

namespace Fleet.Agent.Core.Signatures;

/// <summary>The signature in a Git commit: the <c>gpgsig</c> header, over the commit's bytes without it (git's gpg-interface and commit.c).</summary>
public static class CommitSignature
{
    private const int MaxSignature = 16 << 10;

    /// <summary>Why no signature by one of the keys stands on the commit; null when one does.</summary>
    public static string? Check(ReadOnlySpan<byte> commit, IReadOnlyList<SshKey> keys)
    {
        if (Split(commit, out var signature, out var payload) is { } odd) return odd;
        if (signature is null) return "the commit is not signed";
        if (signature.Contains("-----BEGIN PGP", StringComparison.Ordinal)) return "the commit is signed with OpenPGP, which this agent cannot check; sign with an SSH key (git config gpg.format ssh)";
        if (signature.Contains("-----BEGIN SIGNED MESSAGE", StringComparison.Ordinal)) return "the commit is signed with X.509, which this agent cannot check; sign with an SSH key (git config gpg.format ssh)";
        return SshSignature.TryParse(signature, out var fault) is { } ssh ? ssh.Check(payload, "git", keys) : fault;
    }

    /// <summary>Takes the signature out of the headers. More than one is refused: which of them counted would be a matter of taste.</summary>
    private static string? Split(ReadOnlySpan<byte> commit, out string? signature, out byte[] payload)
    {
        signature = null;
        payload = [];
        using var rest = new MemoryStream(commit.Length);
        StringBuilder? text = null;
        var (inSignature, skipping) = (false, false);
        var at = 0;
        while (at < commit.Length)
        {
            var end = commit[at..].IndexOf((byte)'\n');
            var next = end < 0 ? commit.Length : at + end + 1;
            var line = commit[at..next];
            if (line is [(byte)'\n', ..]) break;
            if (line[0] == (byte)' ' && (inSignature || skipping))
            {
                if (inSignature) text!.Append(Encoding.Latin1.GetString(line[1..]));
            }
            else
            {
                inSignature = line.StartsWith("gpgsig "u8) || line.StartsWith("gpgsig-sha256 "u8);
                skipping = !inSignature && line.StartsWith("gpgsig"u8);
                if (inSignature)
                {
                    if (text is not null) return "the commit carries several signatures; sign it once";
                    text = new(Encoding.Latin1.GetString(line[(line.IndexOf((byte)' ') + 1)..]));
                }
                else if (!skipping)
                {
                    rest.Write(line);
                }
            }
            if (text?.Length > MaxSignature) return "the commit's signature is too long to be one";
            at = next;
        }
        rest.Write(commit[at..]);
        (signature, payload) = (text?.ToString(), rest.ToArray());
        return null;
    }
}

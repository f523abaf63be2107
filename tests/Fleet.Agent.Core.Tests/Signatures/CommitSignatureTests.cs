using System.Text;
using Fleet.Agent.Core.Signatures;

namespace Fleet.Agent.Core.Tests.Signatures;

public sealed class CommitSignatureTests
{
    public static TheoryData<string, string> Signed => new()
    {
        { SignedCommits.Ed25519, SignedCommits.Ed25519Key },
        { SignedCommits.Ecdsa256, SignedCommits.Ecdsa256Key },
        { SignedCommits.Ecdsa384, SignedCommits.Ecdsa384Key },
        { SignedCommits.Rsa, SignedCommits.RsaKey },
    };

    [Theory]
    [MemberData(nameof(Signed))]
    public void Check_CommitThatGitSigned_IsTaken(string commit, string key) => Assert.Null(Check(commit, key));

    [Theory]
    [MemberData(nameof(Signed))]
    public void Check_AnyWordOfTheCommitChanged_IsRefused(string commit, string key)
    {
        foreach (var (from, to) in new[] { ("tree ", "tree 1"), ("author T", "author U"), ("\n\nsigned", "\n\nSigned"), ("committer T", "committer  T") })
        {
            Assert.Contains("not of this commit", Check(commit.Replace(from, to, StringComparison.Ordinal), key), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Check_SignatureOfAnotherCommit_IsRefused()
    {
        var signature = SignedCommits.Ed25519[SignedCommits.Ed25519.IndexOf("gpgsig", StringComparison.Ordinal)..SignedCommits.Ed25519.IndexOf("\n\n", StringComparison.Ordinal)];
        var other = $"tree aaff74984cccd156a469afa7d9ab10e4777beb24\nauthor E <e@x> 1 +0000\ncommitter E <e@x> 1 +0000\n{signature}\n\nevil\n";
        Assert.Contains("not of this commit", Check(other, SignedCommits.Ed25519Key), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_KeyOfNobodyNamed_IsRefused() => Assert.Contains("none of the signers", Check(SignedCommits.Ed25519, SignedCommits.RsaKey), StringComparison.Ordinal);

    [Fact]
    public void Check_NoKeysAtAll_IsRefused() => Assert.NotNull(CommitSignature.Check(Encoding.UTF8.GetBytes(SignedCommits.Ed25519), []));

    [Theory]
    [InlineData("tree x\n\nhello\n", "not signed")]
    [InlineData("tree x\n\ngpgsig -----BEGIN SSH SIGNATURE-----\n", "not signed")]
    [InlineData("tree x\ngpgsig -----BEGIN PGP SIGNATURE-----\n abc\n\nhello\n", "OpenPGP")]
    [InlineData("tree x\ngpgsig -----BEGIN SIGNED MESSAGE-----\n abc\n\nhello\n", "X.509")]
    [InlineData("tree x\ngpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----\n\nhello\n", "cannot be read")]
    [InlineData("tree x\ngpgsig -----BEGIN SSH SIGNATURE-----\n ====\n -----END SSH SIGNATURE-----\n\nhello\n", "cannot be read")]
    [InlineData("tree x\ngpgsig rubbish\n\nhello\n", "cannot be read")]
    [InlineData("tree x\ngpgsig a\ngpgsig b\n\nhello\n", "several signatures")]
    [InlineData("tree x\ngpgsig a\ngpgsig-sha256 b\n\nhello\n", "several signatures")]
    [InlineData("", "not signed")]
    [InlineData("gpgsig ", "cannot be read")]
    public void Check_NoGoodSignature_SaysWhich(string commit, string words) => Assert.Contains(words, Check(commit, SignedCommits.Ed25519Key), StringComparison.Ordinal);

    [Fact]
    public void Check_SignatureMadeForAFile_IsRefused()
    {
        // The purpose is inside of the signed bytes; naming another one in the envelope alone does not help either.
        var changed = SignedCommits.Ed25519.Replace("AAAADZ2l0", "AAAADZ2l1", StringComparison.Ordinal);
        Assert.NotEqual(SignedCommits.Ed25519, changed);
        Assert.Contains("another purpose", Check(changed, SignedCommits.Ed25519Key), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh-dss AAAAB3NzaC1kc3MAAAAA", "cannot be checked")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "no key of that type")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==", "TYPE BASE64")]
    [InlineData("ssh-ed25519", "TYPE BASE64")]
    [InlineData("ssh-ed25519 ***", "TYPE BASE64")]
    [InlineData("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwEAAQ==", "24 bits")]
    public void Key_ThatCannotBeUsed_SaysWhy(string line, string words)
    {
        Assert.Null(SshKey.TryParse(line, out var fault));
        Assert.Contains(words, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_VectorsOfTheRfc_VerifyAndNothingElseDoes(string key, string message, string signature)
    {
        var (k, m, s) = (Convert.FromHexString(key), Convert.FromHexString(message), Convert.FromHexString(signature));
        Assert.True(Ed25519.Verify(k, m, s));
        for (var i = 0; i < 64; i += 7)
        {
            var bent = (byte[])s.Clone();
            bent[i] ^= 1;
            Assert.False(Ed25519.Verify(k, m, bent));
        }
        Assert.False(Ed25519.Verify(k, [.. m, 0], s));
        Assert.False(Ed25519.Verify(k, m, s.AsSpan(1)));
    }

    [Fact]
    public void Ed25519_SecondFormOfASignatureAndKeysOfSmallOrder_AreRefused()
    {
        var key = Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        var signature = Convert.FromHexString("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
        var order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
        var larger = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        byte[] second = [.. signature[..32], .. larger.ToByteArray(isUnsigned: true)];
        Assert.Equal(64, second.Length);
        Assert.False(Ed25519.Verify(key, [], second));
        // The neutral element as key and as R, with s = 0, would hold for every message.
        var neutral = new byte[32];
        neutral[0] = 1;
        Assert.False(Ed25519.Verify(neutral, "anything"u8, [.. neutral, .. new byte[32]]));
    }

    private static string? Check(string commit, string key) =>
        CommitSignature.Check(Encoding.UTF8.GetBytes(commit), [SshKey.TryParse(key, out var fault) ?? throw new ArgumentException(fault)]);
}

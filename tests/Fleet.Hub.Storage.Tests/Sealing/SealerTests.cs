using Fleet.Hub.Storage.Sealing;

namespace Fleet.Hub.Storage.Tests.Sealing;

public sealed class SealerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-seal-").FullName;

    [Fact]
    public void Open_SealedValue_GivesItBack()
    {
        var sealer = new Sealer([MasterKey.Create()]);
        var value = sealer.Seal("secret"u8, "credential/git");
        Assert.Equal("secret"u8.ToArray(), sealer.Open(value, "credential/git"));
        Assert.NotEqual(value.Bytes, sealer.Seal("secret"u8, "credential/git").Bytes);
        Assert.DoesNotContain("secret", System.Text.Encoding.Latin1.GetString(value.Bytes), StringComparison.Ordinal);
        Assert.Equal([], sealer.Open(sealer.Seal([], "empty"), "empty"));
    }

    [Fact]
    public void Open_AnywhereElseOrTampered_IsRefused()
    {
        var sealer = new Sealer([MasterKey.Create()]);
        var value = sealer.Seal("secret"u8, "credential/git");
        Assert.Contains("credential/other", Assert.Throws<StorageException>(() => sealer.Open(value, "credential/other")).Message, StringComparison.Ordinal);
        for (var i = 0; i < value.Bytes.Length; i++)
        {
            var bytes = value.Bytes.ToArray();
            bytes[i] ^= 1;
            Assert.Equal(StorageFailure.Sealed, Assert.Throws<StorageException>(() => sealer.Open(value with { Bytes = bytes }, "credential/git")).Reason);
        }

        Assert.Throws<StorageException>(() => sealer.Open(value with { Bytes = value.Bytes[..20] }, "credential/git"));
    }

    [Fact]
    public void Verify_AnotherKey_NamesTheKeyThatIsMissing()
    {
        var right = new Sealer([MasterKey.Create()]);
        var wrong = new Sealer([MasterKey.Create()]);
        var check = right.MakeCheck();
        right.Verify(check);
        var message = Assert.Throws<StorageException>(() => wrong.Verify(check)).Message;
        Assert.Contains(right.KeyId, message, StringComparison.Ordinal);
        Assert.Contains(wrong.KeyId, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterTheKeyWasRolled_TheOldKeyStillOpens()
    {
        var old = MasterKey.Create();
        var value = new Sealer([old]).Seal("secret"u8, "p");
        var rolled = new Sealer([MasterKey.Create(), old]);
        Assert.Equal("secret"u8.ToArray(), rolled.Open(value, "p"));
        Assert.NotEqual(value.KeyId, rolled.Seal("x"u8, "p").KeyId);
    }

    [Fact]
    public void ReadOrCreate_FirstStart_MakesAPrivateFile()
    {
        var path = Path.Combine(_folder, "sub", "master.key");
        var (made, created) = MasterKeyFile.ReadOrCreate(path);
        Assert.True(created);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var (read, again) = MasterKeyFile.ReadOrCreate(path);
        Assert.False(again);
        Assert.Equal(made[0].Id, read[0].Id);
        Assert.DoesNotContain(read[0].Id, File.ReadAllText(path), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("tooshort", "openssl rand -base64 32")]
    public void Read_NoKeys_SaysWhatToDo(string content, string expected)
    {
        var path = Path.Combine(_folder, "bad.key");
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Contains(expected, Assert.Throws<StorageException>(() => MasterKeyFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingOrReadableByAll_SaysWhatToDo()
    {
        var path = Path.Combine(_folder, "open.key");
        Assert.Contains("does not exist", Assert.Throws<StorageException>(() => MasterKeyFile.Read(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, MasterKey.Create().Export());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<StorageException>(() => MasterKeyFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HexAndBase64_AreTheSameKey()
    {
        var key = MasterKey.Create();
        Assert.Equal(key.Id, MasterKey.Parse(Convert.ToHexString(Convert.FromBase64String(key.Export())) + "\n").Id);
        Assert.Equal(key.Id, MasterKey.Parse(key.Export()).Id);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

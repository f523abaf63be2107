using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Storage.Sealing;

/// <summary>A sealed value, and the id of the key that opens it.</summary>
public sealed record SealedValue(string KeyId, byte[] Bytes);

/// <summary>Seals secrets at rest with AES-256-GCM. The first key seals; all of them open.</summary>
public sealed class Sealer
{
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const string CheckPurpose = "fleet/key-check";
    private readonly IReadOnlyDictionary<string, MasterKey> _keys;
    private readonly MasterKey _current;

    public Sealer(IReadOnlyList<MasterKey> keys)
    {
        _current = keys[0];
        _keys = keys.DistinctBy(key => key.Id).ToDictionary(key => key.Id, StringComparer.Ordinal);
    }

    /// <summary>Id of the key that seals now; values with another id should be sealed again.</summary>
    public string KeyId => _current.Id;

    /// <summary>Seals for one purpose, such as credential/NAME: a value moved to another place does not open there.</summary>
    public SealedValue Seal(ReadOnlySpan<byte> value, string purpose)
    {
        var bytes = new byte[1 + NonceLength + value.Length + TagLength];
        bytes[0] = Version;
        var nonce = bytes.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_current.Bytes, TagLength);
        aes.Encrypt(nonce, value, bytes.AsSpan(1 + NonceLength, value.Length), bytes.AsSpan(bytes.Length - TagLength), Context(_current.Id, purpose));
        return new(_current.Id, bytes);
    }

    /// <exception cref="StorageException">Its key is missing, or the value was tampered with or moved.</exception>
    public byte[] Open(SealedValue value, string purpose)
    {
        if (!_keys.TryGetValue(value.KeyId, out var key))
        {
            throw new StorageException(
                StorageFailure.Sealed,
                $"The master key {value.KeyId} is needed to open {purpose}, but the hub was given {string.Join(", ", _keys.Keys)}. Give it the right key with --master-key-file; old keys go on further lines of that file.");
        }

        var bytes = value.Bytes;
        if (bytes.Length < 1 + NonceLength + TagLength || bytes[0] != Version)
        {
            throw Broken(purpose, null);
        }

        var opened = new byte[bytes.Length - 1 - NonceLength - TagLength];
        try
        {
            using var aes = new AesGcm(key.Bytes, TagLength);
            aes.Decrypt(bytes.AsSpan(1, NonceLength), bytes.AsSpan(1 + NonceLength, opened.Length), bytes.AsSpan(bytes.Length - TagLength), opened, Context(key.Id, purpose));
            return opened;
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Broken(purpose, e);
        }
    }

    /// <summary>A value to store at first start, by which later starts prove their key.</summary>
    public SealedValue MakeCheck() => Seal("fleet"u8, CheckPurpose);

    /// <exception cref="StorageException">The key is not the one that this database was sealed with.</exception>
    public void Verify(SealedValue check) => Open(check, CheckPurpose);

    private static byte[] Context(string keyId, string purpose) => Encoding.UTF8.GetBytes($"{keyId}\n{purpose}");

    private static StorageException Broken(string purpose, Exception? inner) => new(
        StorageFailure.Sealed, $"The sealed value {purpose} was changed or moved in the database and is not used. Set it again, or restore the database from a backup.", inner);
}

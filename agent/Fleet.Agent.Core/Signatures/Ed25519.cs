using System.Numerics;
using System.Security.Cryptography;

namespace Fleet.Agent.Core.Signatures;

/// <summary>
/// Verifies Ed25519 signatures (RFC 8032, section 5.1.7). The base library has none, and no package that has is to be had.
/// Only public values are worked on, so time that depends on them gives nothing away; a check takes a few milliseconds.
/// </summary>
public static class Ed25519
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger D = Mod(-121665 * Invert(121666));
    private static readonly BigInteger RootOfMinusOne = BigInteger.ModPow(2, (P - 1) / 4, P);
    private static readonly Point Base = Decode(EncodedBase()) ?? throw new InvalidOperationException("the base point is a point");

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != 32 || signature.Length != 64) return false;
        if (Decode(publicKey) is not { } a || Decode(signature[..32]) is not { } r) return false;
        var s = Little(signature[32..]);
        // A larger s would be a second form of the same signature.
        if (s >= L) return false;
        // A key of small order signs anything for anybody.
        if (Multiply(8, a).IsNeutral) return false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        hash.AppendData(signature[..32]);
        hash.AppendData(publicKey);
        hash.AppendData(message);
        var k = Little(hash.GetHashAndReset()) % L;
        return Multiply(s, Base).IsSame(Add(r, Multiply(k, a)));
    }

    /// <summary>Null when the bytes are no point, or not the one way to write it.</summary>
    private static Point? Decode(ReadOnlySpan<byte> encoded)
    {
        var y = Little(encoded);
        var odd = !(y >> 255).IsZero;
        y &= (BigInteger.One << 255) - 1;
        if (y >= P) return null;
        var u = Mod((y * y) - 1);
        var v = Mod((D * y * y) + 1);
        var x = Mod(u * BigInteger.ModPow(v, 3, P) * BigInteger.ModPow(u * BigInteger.ModPow(v, 7, P), (P - 5) / 8, P));
        var check = Mod(v * x * x);
        if (check == Mod(-u)) x = Mod(x * RootOfMinusOne);
        else if (check != u) return null;
        if (x.IsZero && odd) return null;
        if (x.IsEven == odd) x = P - x;
        return new(x, y, BigInteger.One, Mod(x * y));
    }

    private static Point Multiply(BigInteger n, Point point)
    {
        var result = Point.Neutral;
        for (var bit = (int)n.GetBitLength() - 1; bit >= 0; bit--)
        {
            result = Add(result, result);
            if (!((n >> bit) & 1).IsZero) result = Add(result, point);
        }
        return result;
    }

    /// <summary>The complete addition in extended coordinates: it doubles as well.</summary>
    private static Point Add(Point p, Point q)
    {
        var a = Mod((p.Y - p.X) * (q.Y - q.X));
        var b = Mod((p.Y + p.X) * (q.Y + q.X));
        var c = Mod(2 * p.T * q.T * D);
        var d = Mod(2 * p.Z * q.Z);
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new(Mod(e * f), Mod(g * h), Mod(f * g), Mod(e * h));
    }

    private static byte[] EncodedBase()
    {
        var bytes = new byte[32];
        Array.Fill(bytes, (byte)0x66);
        bytes[0] = 0x58;
        return bytes;
    }

    private static BigInteger Little(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    private static BigInteger Invert(BigInteger n) => BigInteger.ModPow(n, P - 2, P);

    private static BigInteger Mod(BigInteger n)
    {
        var m = n % P;
        return m.Sign < 0 ? m + P : m;
    }

    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T)
    {
        public static readonly Point Neutral = new(0, 1, 1, 0);

        public bool IsNeutral => X.IsZero && Y == Z;

        public bool IsSame(Point o) => Mod(X * o.Z) == Mod(o.X * Z) && Mod(Y * o.Z) == Mod(o.Y * Z);
    }
}

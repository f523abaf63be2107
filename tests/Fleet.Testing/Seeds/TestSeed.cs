using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Testing.Seeds;

/// <summary>
/// Where each randomised test gets its randomness: one seed for the whole run, from <c>make test SEED=…</c> or drawn anew, and a
/// seed of its own for each test by the test's name, so that a test plays the same alone as among all the others.
/// </summary>
public sealed class TestSeed
{
    /// <summary>The variable that carries the run's seed; <c>make test SEED=…</c> and <c>scripts/test --seed</c> set it.</summary>
    public const string Variable = "FLEET_TEST_SEED";

    /// <summary>The variable that picks one run out of those of <see cref="ForEachAsync"/>.</summary>
    public const string RunVariable = "FLEET_TEST_RUN";

    private readonly int _root;
    private readonly string _test;
    private readonly string _path;

    private TestSeed(int root, string test, string path)
    {
        (_root, _test, _path) = (root, test, path);

        // Not HashCode: that one differs from process to process.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{root}/{path}")), hash);
        Value = BinaryPrimitives.ReadInt32LittleEndian(hash) & int.MaxValue;
    }

    /// <summary>The seed of this whole run.</summary>
    public static int OfRun { get; } = Number(Variable) ?? RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>The seed of this test, or of this part of it.</summary>
    public int Value { get; }

    /// <summary>The seed of a test by its name.</summary>
    public static TestSeed For(string test) => For(test, OfRun);

    /// <summary>As <see cref="For(string)"/>, under another run's seed.</summary>
    public static TestSeed For(string test, int seedOfRun) => new(seedOfRun, test, test);

    /// <summary>The seed of the calling test, written where its output shows it: <c>TestSeed.For(output.WriteLine)</c>.</summary>
    public static TestSeed For(Action<string> write, [CallerMemberName] string test = "")
    {
        var seed = For(test);
        write(seed.ToString());
        return seed;
    }

    /// <summary>A generator that always begins at this seed.</summary>
#pragma warning disable CA5394 // Tests want a generator that can be replayed.
    public Random Random() => new(Value);
#pragma warning restore CA5394

    /// <summary>A generator of its own for one of several writers, runs or parts.</summary>
    public Random Random(int part) => Part(part).Random();

    /// <summary>The seed of one of several writers, runs or parts.</summary>
    public TestSeed Part(int part) => new(_root, _test, string.Create(CultureInfo.InvariantCulture, $"{_path}/{part}"));

    /// <summary>Runs what uses the generator; a failure's message then begins with the seed.</summary>
    public void Run(Action<Random> body)
    {
        try
        {
            body(Random());
        }
        catch (Exception e)
        {
            throw new SeededFailureException(ToString(), e);
        }
    }

    /// <summary>As <see cref="Run"/>, for what takes its time.</summary>
    public async Task RunAsync(Func<Random, Task> body)
    {
        try
        {
            await body(Random());
        }
        catch (Exception e)
        {
            throw new SeededFailureException(ToString(), e);
        }
    }

    /// <summary>
    /// Runs the same again and again, each time with a generator of its own. A failure names the run, and
    /// <c>make test SEED=… TEST=… RUN=…</c> plays that one alone.
    /// </summary>
    public async Task ForEachAsync(int runs, Func<int, Random, Task> body)
    {
        var only = Number(RunVariable);
        for (var run = only ?? 0; run < (only is null ? runs : only + 1); run++)
        {
            try
            {
                await body(run, Random(run));
            }
            catch (Exception e)
            {
                throw new SeededFailureException(string.Create(CultureInfo.InvariantCulture, $"{this} RUN={run}"), e);
            }
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"seed {_root}; replay: make test SEED={_root} TEST={_test}");

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InvalidOperationException($"{variable} is '{text}', which is no number from 0 to {int.MaxValue}.");
}

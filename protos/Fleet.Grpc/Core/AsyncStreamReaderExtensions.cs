using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Lets a stream be read with <c>await foreach</c>.</summary>
public static class AsyncStreamReaderExtensions
{
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }

    public static IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Core(streamReader, cancellationToken);

        static async IAsyncEnumerable<T> Core(IAsyncStreamReader<T> reader, [EnumeratorCancellation] CancellationToken token)
        {
            while (await reader.MoveNext(token).ConfigureAwait(false))
            {
                yield return reader.Current;
            }
        }
    }
}

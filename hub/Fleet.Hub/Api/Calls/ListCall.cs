using System.Buffers.Text;
using System.Text;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Storage;
using Fleet.V1;
using Fleet.Hub.Storage.Resources;

namespace Fleet.Hub.Api.Calls;

/// <summary>List: pages in a fixed order, narrowed by labels.</summary>
internal sealed class ListCall(FleetDatabase database, ResourceViews views, ChangeFeedStore feed)
{
    private const int DefaultPage = 500;
    private const int MaxPage = 5_000;
    private const int ReadAtOnce = 500;

    public async Task<ListResponse> ListAsync(ListRequest request, CancellationToken cancellationToken)
    {
        var view = views.Of(request.Kind);
        var selector = Selector(request.LabelSelector);
        var size = request.PageSize switch
        {
            0 => DefaultPage,
            < 0 or > MaxPage => throw Refusals.Invalid($"page_size {request.PageSize} is out of range: write a number from 1 to {MaxPage}."),
            var given => given,
        };
        var filter = new ViewFilter(request.Cluster, request.Assignment);
        return await database.ReadAsync(
            async (tx, cancel) =>
            {
                var response = new ListResponse { ResourceVersion = (await feed.LatestAsync(tx, cancel).ConfigureAwait(false)).Seq.ToString(System.Globalization.CultureInfo.InvariantCulture) };
                var after = ReadToken(view.Kind, request.PageToken);
                await foreach (var shown in WalkAsync(view, tx, filter, selector, after, cancel).ConfigureAwait(false))
                {
                    if (response.Items.Count == size)
                    {
                        response.NextPageToken = WriteToken(view.Kind, after);
                        break;
                    }

                    response.Items.Add(shown.Resource);
                    after = shown.Cursor;
                }

                return response;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All resources of a view that match, from a cursor on, read in bounded steps.</summary>
    internal static async IAsyncEnumerable<Shown> WalkAsync(
        IResourceView view, Transaction tx, ViewFilter filter, LabelSelector? selector, string after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await view.PageAsync(tx, filter, after, ReadAtOnce, cancellationToken).ConfigureAwait(false);
            foreach (var shown in page)
            {
                if (selector is null || LabelSelectors.Matches(selector, (IDictionary<string, string>)ResourceMessages.Metadata(shown.Resource).Labels))
                {
                    yield return shown;
                }
            }

            if (page.Count < ReadAtOnce)
            {
                yield break;
            }

            after = page[^1].Cursor;
        }
    }

    /// <summary>The selector of a request; null: all.</summary>
    internal static LabelSelector? Selector(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var (selector, problem) = LabelSelectorParser.Parse(text);
        return selector ?? throw Refusals.Invalid(problem!);
    }

    private static string WriteToken(ResourceKind kind, string cursor) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{kind}\n{cursor}"));

    private static string ReadToken(ResourceKind kind, string token)
    {
        if (token.Length == 0)
        {
            return "";
        }

        if (token.Length <= 1024 && Base64Url.IsValid(token) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('\n') is [var written, var cursor] && written == kind.ToString())
        {
            return cursor;
        }

        throw Refusals.Invalid("page_token is not one that a list of this kind gave: begin again without it.");
    }
}

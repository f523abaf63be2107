using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The context of one call, and the place where its only final status is decided: see the other part.</summary>
internal sealed partial class ServerCall : ServerCallContext
{
    private readonly Metadata _trailers = [];
    private Metadata? _requestHeaders;
    private AuthContext? _auth;
    private Dictionary<object, object>? _userState;
    private DateTime _deadline = DateTime.MaxValue;
    private Status _status = Status.DefaultSuccess;
    private WriteOptions? _writeOptions;
    private readonly CancellationToken _ended;

    internal ServerCall(HttpContext http, CallSettings settings)
    {
        Http = http;
        Settings = settings;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        _ended = _cancellation.Token;
    }

    internal HttpContext Http { get; }

    internal CallSettings Settings { get; }

    internal bool RequestIsGzip { get; private set; }

    internal bool ResponseIsGzip { get; private set; }

    /// <summary>Set with the first message, which may still be in the buffer when the call ends.</summary>
    internal bool HasBody { get; set; }

    protected override string MethodCore => Http.Request.Path.Value!;

    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => PeerIdentity.Address(Http.Connection);

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders!;

    protected override CancellationToken CancellationTokenCore => _ended;

    protected override Metadata ResponseTrailersCore => _trailers;

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore
    {
        get => _writeOptions;
        set => _writeOptions = value;
    }

    protected override AuthContext AuthContextCore => _auth ??= PeerIdentity.Authenticate(Http.Connection);

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Reads the request's headers and starts the deadline; throws RpcException for a request that cannot be served.</summary>
    internal void Begin()
    {
        var response = Http.Response;
        response.ContentType = ProtocolNames.ContentType;
        _requestHeaders = ReadRequestHeaders(out var malformed);

        if (Http.Request.Headers.TryGetValue(ProtocolNames.TimeoutHeader, out var timeout))
        {
            if (!GrpcTimeout.TryParse(timeout, out var left))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The grpc-timeout '{timeout}' is malformed."));
            }

            StartDeadline(left);
        }

        switch (Http.Request.Headers[ProtocolNames.EncodingHeader].ToString())
        {
            case "" or ProtocolNames.Identity:
                break;
            case ProtocolNames.Gzip:
                RequestIsGzip = true;
                break;
            case var unknown:
                response.Headers[ProtocolNames.AcceptEncodingHeader] = ProtocolNames.AcceptedEncodings;
                throw new RpcException(new Status(StatusCode.Unimplemented, $"This server does not know the compression '{unknown}'; it knows {ProtocolNames.AcceptedEncodings}."));
        }

        if (malformed is not null)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The value of the header '{malformed}' is not base64."));
        }

        if (Settings.CompressResponses)
        {
            CompressResponses();
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        BeginWrite();
        try
        {
            if (Http.Response.HasStarted || HasBody)
            {
                throw new InvalidOperationException("The response headers are on their way already, with the first message or by an earlier call.");
            }

            if (responseHeaders.GetValue(ProtocolNames.EncodingRequest) == ProtocolNames.Gzip)
            {
                CompressResponses();
            }

            foreach (var (name, value) in MetadataHeaders.Encode(responseHeaders))
            {
                Http.Response.Headers.Append(name, value);
            }

            await Http.Response.BodyWriter.FlushAsync(_ended);
        }
        finally
        {
            EndWrite();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Pass Deadline and CancellationToken on yourself.");

    private void CompressResponses()
    {
        var accepted = Http.Request.Headers[ProtocolNames.AcceptEncodingHeader].ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (accepted.Contains(ProtocolNames.Gzip))
        {
            ResponseIsGzip = true;
            Http.Response.Headers[ProtocolNames.EncodingHeader] = ProtocolNames.Gzip;
        }
    }

    private Metadata ReadRequestHeaders(out string? malformed)
    {
        malformed = null;
        var metadata = new Metadata();
        foreach (var (name, values) in Http.Request.Headers)
        {
            foreach (var value in values)
            {
                if (!MetadataHeaders.TryAdd(metadata, name, value ?? ""))
                {
                    malformed = name;
                }
            }
        }

        return metadata;
    }
}

using System.Security.Cryptography;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Admission;
using Fleet.KubeSim.Faults;
using Fleet.KubeSim.Requests;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Simulation;

namespace Fleet.KubeSim.Hosting;

/// <summary>One simulated Kubernetes cluster: an API server on a loopback port, its objects, and the controllers behind it.</summary>
public sealed class SimulatedCluster : IAsyncDisposable
{
    private readonly ClusterCertificates _certificates;
    private readonly ClusterState _state;
    private readonly ClusterHandler _handler;
    private readonly ClusterControllers _controllers;
    private readonly SemaphoreSlim _gate = new(1);
    private ClusterListener? _listener;
    private int _port;

    internal SimulatedCluster(SimulatedClusterOptions options, TimeProvider time)
    {
        Options = options;
        _port = options.Port;
        _certificates = new ClusterCertificates(options.Name);
        _state = new ClusterState(options, time) { AuthorityPem = _certificates.AuthorityPem };
        Requests = new RequestLog(options.RequestLogCapacity);
        Faults = new FaultRules(options.Seed);
        Store = new ClusterStore(_state);
        AdminToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _state.Authenticator.Accept(AdminToken, KubeUser.Of("kubernetes-admin", KubeUser.Masters));
        _handler = new ClusterHandler(_state, Requests, Faults);
        Bootstrap.Fill(_state);
        _controllers = new ClusterControllers(_state);
    }

    public string Name => Options.Name;

    public SimulatedClusterOptions Options { get; }

    /// <summary>The address of the API server; it stays the same through stops and starts.</summary>
    public Uri Server => new($"https://127.0.0.1:{_port}");

    /// <summary>A bearer token of the group system:masters.</summary>
    public string AdminToken { get; }

    /// <summary>The certificate of the cluster's authority, as PEM.</summary>
    public string AuthorityPem => _certificates.AuthorityPem;

    /// <summary>Every request so far.</summary>
    public RequestLog Requests { get; }

    /// <summary>Faults on purpose.</summary>
    public FaultRules Faults { get; }

    /// <summary>The objects, for a test to look at and to change as another manager.</summary>
    public ClusterStore Store { get; }

    /// <summary>Stand-ins for admission webhooks.</summary>
    public AdmissionChain Admission => _state.Admission;

    /// <summary>What the controllers tried in vain.</summary>
    public ControllerFailures ControllerFailures => _state.Failures;

    /// <summary>The text of a kubeconfig with an administrator's credential.</summary>
    public string Kubeconfig => Options.Credential == KubeconfigCredential.Token ? KubeconfigWithToken(AdminToken) : KubeconfigWithCertificate();

    /// <summary>Whether the API server answers at the moment.</summary>
    public bool IsServing => _listener is not null;

    public void WriteKubeconfig(string path)
    {
        File.WriteAllText(path, Kubeconfig);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>The text of a kubeconfig with a token of the caller's choice.</summary>
    public string KubeconfigWithToken(string token) => Hosting.Kubeconfig.WithToken(Name, Server, AuthorityPem, token);

    /// <summary>Accepts a bearer token for a user; service accounts are named system:serviceaccount:NAMESPACE:NAME.</summary>
    public string AddToken(string user, params IEnumerable<string> groups)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _state.Authenticator.Accept(token, KubeUser.Of(user, groups));
        return token;
    }

    public void RevokeToken(string token) => _state.Authenticator.Revoke(token);

    /// <summary>Starts the API server, again after a stop: the objects are as they were.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_listener is null)
            {
                _listener = await ClusterListener.StartAsync(_certificates, _port, _handler.HandleAsync, cancellationToken);
                _port = _listener.Port;
                _controllers.Start();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>An outage of the API server: the port is closed, connections are cut, watches end.</summary>
    public async Task StopAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_listener is { } listener)
            {
                _listener = null;
                await _controllers.StopAsync();
                _state.Store.CloseFeeds();
                await listener.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets the history of changes: watches that resume from the past are answered 410 Gone.</summary>
    public void CompactHistory() => _state.Store.Compact();

    /// <summary>Ends all open watches, as a restarting server does.</summary>
    public void CloseWatches() => _state.Store.CloseFeeds();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _certificates.Dispose();
        _gate.Dispose();
    }

    private string KubeconfigWithCertificate()
    {
        var (certificate, key) = _certificates.IssueClient("kubernetes-admin", KubeUser.Masters);
        return Hosting.Kubeconfig.WithCertificate(Name, Server, AuthorityPem, certificate, key);
    }
}

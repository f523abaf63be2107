using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fleet.Hub.Git.Processes;

/// <summary>
/// The environment of a git process: nothing of ours is inherited but PATH, no configuration of the machine's or the user's is read, and nothing may ask.
/// Credentials travel in the environment or in files of mode 0600, never on a command line.
/// </summary>
internal sealed class GitEnvironment : IDisposable
{
    private const string SystemBundle = "/etc/ssl/certs/ca-certificates.crt";
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly List<(string Key, string Value)> _settings = [];
    private string? _folder;

    private GitEnvironment()
    {
        _variables["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        _variables["HOME"] = "/nonexistent";
        _variables["LC_ALL"] = "C";
        _variables["GIT_CONFIG_NOSYSTEM"] = "1";
        _variables["GIT_CONFIG_GLOBAL"] = "/dev/null";
        _variables["GIT_TERMINAL_PROMPT"] = "0";
        _variables["GIT_NO_REPLACE_OBJECTS"] = "1";
        _variables["GIT_OPTIONAL_LOCKS"] = "0";
        _variables["GIT_LITERAL_PATHSPECS"] = "1";
        _variables["GIT_ALLOW_PROTOCOL"] = "";
        Set("core.hooksPath", "/dev/null");
        Set("safe.directory", "*");
        Set("gc.auto", "0");
        Set("maintenance.auto", "false");
    }

    public static GitEnvironment Local() => new();

    public static GitEnvironment For(GitRemote remote)
    {
        var environment = new GitEnvironment();
        try
        {
            environment.Open(remote);
            return environment;
        }
        catch
        {
            environment.Dispose();
            throw;
        }
    }

    public void ApplyTo(ProcessStartInfo start)
    {
        start.Environment.Clear();
        foreach (var (key, value) in _variables)
        {
            start.Environment[key] = value;
        }

        start.Environment["GIT_CONFIG_COUNT"] = _settings.Count.ToString(CultureInfo.InvariantCulture);
        for (var i = 0; i < _settings.Count; i++)
        {
            start.Environment[$"GIT_CONFIG_KEY_{i}"] = _settings[i].Key;
            start.Environment[$"GIT_CONFIG_VALUE_{i}"] = _settings[i].Value;
        }
    }

    public void Dispose()
    {
        if (_folder is not null && Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Open(GitRemote remote)
    {
        _variables["GIT_ALLOW_PROTOCOL"] = remote.Protocol;
        Set("transfer.fsckObjects", "true");
        // Old repositories are full of these, and none of them can mislead a reader of trees and blobs.
        foreach (var harmless in (ReadOnlySpan<string>)["zeroPaddedFilemode", "missingSpaceBeforeDate", "badTimezone", "missingEmail", "badEmail", "missingNameBeforeEmail"])
        {
            Set("fetch.fsck." + harmless, "ignore");
        }

        Set("http.lowSpeedLimit", "100");
        Set("http.lowSpeedTime", "60");
        Set("credential.helper", "");
        // A redirect must never carry a credential to another host.
        Set("http.followRedirects", remote.Credential is GitCredential.Basic ? "false" : "initial");
        switch (remote.Credential)
        {
            case GitCredential.Basic basic:
                Set("http.extraHeader", "Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{basic.Username}:{basic.Password}")));
                break;
            case GitCredential.Ssh ssh:
                var key = Secret("key", ssh.PrivateKey.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
                var hosts = Secret("known_hosts", ssh.KnownHosts.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
                _variables["GIT_SSH_VARIANT"] = "ssh";
                _variables["GIT_SSH_COMMAND"] = $"ssh -F /dev/null -i '{key}' -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile='{hosts}' -o GlobalKnownHostsFile=/dev/null -o ConnectTimeout=15";
                break;
            default:
                if (remote.Protocol == "ssh")
                {
                    _variables["GIT_SSH_VARIANT"] = "ssh";
                    _variables["GIT_SSH_COMMAND"] = "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15";
                }

                break;
        }

        if (remote.CaBundle.Length > 0)
        {
            // The variable goes before http.sslCAInfo and replaces the system's bundle, so both go into one file.
            var system = File.Exists(SystemBundle) ? File.ReadAllText(SystemBundle).TrimEnd('\n') + "\n" : "";
            _variables["GIT_SSL_CAINFO"] = Secret("ca.pem", system + remote.CaBundle);
        }
    }

    private void Set(string key, string value) => _settings.Add((key, value));

    private string Secret(string name, string content)
    {
        _folder ??= Directory.CreateTempSubdirectory("fleet-git-").FullName;
        var path = Path.Combine(_folder, name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(path, options);
        stream.Write(Encoding.UTF8.GetBytes(content));
        return path;
    }
}

using System.Collections.Immutable;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube;
using Fleet.Agent.State;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Agent.Session;

/// <summary>Keeps the desired state in Secrets: specs, targets and (generation, chain) switch together, before the hub hears of it.</summary>
internal sealed class DesiredStore(SecretBlob blob)
{
    public const string SecretName = "fleet-agent-state-desired";
    private const int Version = 1;

    public async Task<KubeResult<DesiredState>> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await blob.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk) return stored.Error;
        if (stored.Value.Bytes is not { } bytes) return DesiredState.Empty;
        try
        {
            return Parse(bytes);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or NotSupportedException)
        {
            return new KubeApiError { Failure = KubeFailure.Unreadable, Message = $"Secret {blob.Name} cannot be read ({e.Message}). Run the agent that wrote it, or a newer one" };
        }
    }

    public Task<KubeResult<bool>> WriteAsync(DesiredState state, CancellationToken cancellationToken) => blob.WriteAsync(Format(state), cancellationToken);

    internal static byte[] Format(DesiredState state)
    {
        var live = new DesiredIndex { Generation = state.Generation, Chain = ByteString.CopyFrom(state.Chain) };
        var orphaned = new DesiredIndex();
        foreach (var (_, held) in state.Targets.OrderBy(t => t.Key, StringComparer.Ordinal)) (held.IsOrphaned ? orphaned : live).Targets.Add(held.Target);
        live.Tombstones.Add(state.Tombstones.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => t.Value));
        var specs = new Specs();
        specs.Specs_.Add(state.Specs.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new Specs.Types.Spec { Digest = s.Key, Content = ByteString.CopyFrom(s.Value) }));
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteInt32(Version);
            output.WriteBytes(ByteString.CopyFrom(state.Lineage));
            output.WriteMessage(live);
            output.WriteMessage(orphaned);
            output.WriteMessage(specs);
        }
        return buffer.ToArray();
    }

    internal static DesiredState Parse(byte[] bytes)
    {
        var input = new CodedInputStream(bytes);
        if (input.ReadInt32() is var version && version != Version) throw new NotSupportedException($"the desired state has version {version}, this agent reads {Version}: run the agent that wrote it, or a newer one");
        var lineage = input.ReadBytes().ToByteArray();
        var (live, orphaned, specs) = (new DesiredIndex(), new DesiredIndex(), new Specs());
        input.ReadMessage(live);
        input.ReadMessage(orphaned);
        input.ReadMessage(specs);
        return new()
        {
            Lineage = lineage,
            Generation = live.Generation,
            Chain = live.Chain.ToByteArray(),
            Targets = live.Targets.Select(t => new HeldTarget(t, false)).Concat(orphaned.Targets.Select(t => new HeldTarget(t, true))).ToImmutableDictionary(t => t.Target.AssignmentUid),
            Tombstones = live.Tombstones.ToImmutableDictionary(t => t.AssignmentUid),
            Specs = specs.Specs_.ToImmutableDictionary(s => s.Digest, s => s.Content.ToByteArray()),
        };
    }
}

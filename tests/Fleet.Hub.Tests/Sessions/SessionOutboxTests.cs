using Fleet.Hub.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Tests.Sessions;

public class SessionOutboxTests
{
    private static HubMessage Command(string id) => new() { Command = new Command { Id = id } };

    private static async Task<List<Outgoing>> DrainAsync(SessionOutbox outbox)
    {
        var all = new List<Outgoing>();
        using var none = new CancellationTokenSource();
        await none.CancelAsync();
        try
        {
            while (true)
            {
                all.Add(await outbox.NextAsync(none.Token));
            }
        }
        catch (OperationCanceledException)
        {
            return all;
        }
    }

    [Fact]
    public async Task Next_EverythingWaits_ControlAndAcksComeBeforeDesired()
    {
        var outbox = new SessionOutbox();
        outbox.DesiredChanged();
        outbox.WantSpecs(["d"]);
        outbox.Heartbeat();
        outbox.AckReports(3);
        outbox.AskAllReports();
        outbox.Post(Command("c"));

        var kinds = (await DrainAsync(outbox)).Select(next => next.Message?.MessageCase.ToString() ?? next.Kind.ToString());

        Assert.Equal(["Command", "ReportFull", "ReportAck", "Heartbeat", "Specs", "Desired"], kinds);
    }

    [Fact]
    public async Task Next_SlowAgent_WhatWaitsDoesNotGrow()
    {
        var outbox = new SessionOutbox();
        for (ulong n = 1; n <= 10_000; n++)
        {
            outbox.DesiredChanged();
            outbox.AckReports(n);
            outbox.Heartbeat();
        }

        var all = await DrainAsync(outbox);
        Assert.Equal(3, all.Count);
        Assert.Equal(10_000ul, all[0].Message!.ReportAck.Seq);
    }

    [Fact]
    public void Post_AgentDoesNotRead_IsBounded()
    {
        var outbox = new SessionOutbox();
        Assert.False(Enumerable.Range(0, 1_000).All(n => outbox.Post(Command($"{n}"))));
    }

    [Fact]
    public async Task Finish_Verdict_GoesAheadOfEverything()
    {
        var outbox = new SessionOutbox();
        outbox.Post(Command("c"));
        outbox.WantIndex();
        outbox.Finish(new HubMessage { Verdict = new Verdict { Kind = VerdictKind.Revoked } });

        var next = await outbox.NextAsync(CancellationToken.None);
        Assert.Equal(OutgoingKind.End, next.Kind);
        Assert.Equal(VerdictKind.Revoked, next.Message!.Verdict.Kind);
        Assert.False(outbox.Post(Command("late")));
    }

    [Fact]
    public async Task WantIndex_AfterAChange_IsSentOnce()
    {
        var outbox = new SessionOutbox();
        outbox.DesiredChanged();
        outbox.WantIndex();
        outbox.DesiredChanged();
        Assert.Equal([OutgoingKind.Index], (await DrainAsync(outbox)).Select(next => next.Kind));
    }
}

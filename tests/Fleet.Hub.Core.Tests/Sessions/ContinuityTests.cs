using Fleet.Hub.Core.Sessions;

namespace Fleet.Hub.Core.Tests.Sessions;

public class ContinuityTests
{
    private static byte[] Value(byte value) => [.. Enumerable.Repeat(value, Continuity.Length)];

    [Fact]
    public void Judge_FirstHello_PresentsNothing()
    {
        Assert.Equal(ContinuityVerdict.Same, Continuity.None.Judge([], false));
        Assert.Equal(ContinuityVerdict.Restored, Continuity.None.Judge(Value(1), false));
    }

    [Fact]
    public void Judge_WelcomesLostInARow_IsTheSameAgent()
    {
        var state = Continuity.None.Issue([], Value(1));
        for (byte next = 2; next < 30; next++)
        {
            Assert.Equal(ContinuityVerdict.Same, state.Judge(Value(1), false));
            state = state.Issue(Value(1), next: Value(next));
        }

        Assert.Equal(ContinuityVerdict.Same, state.Judge(Value(29), false));
        Assert.True(state.Values.Count <= 9);
    }

    [Fact]
    public void Judge_OlderValue_IsARestoredSecret()
    {
        var state = Continuity.None.Issue([], Value(1)).Issue(Value(1), Value(2)).Issue(Value(2), Value(3));
        Assert.Equal(ContinuityVerdict.Restored, state.Judge(Value(1), false));
        Assert.Equal(ContinuityVerdict.Restored, state.Judge([], false));
    }

    [Fact]
    public void Judge_TwoLiveCopies_PartAtTheirSecondHello()
    {
        // Both copies hold 1. A gets 2, B gets 3, A comes back with 2: 3 is dropped, and B is found out.
        var state = Continuity.None.Issue([], Value(1));
        state = state.Issue(Value(1), Value(2));
        state = state.Issue(Value(1), Value(3));
        Assert.Equal(ContinuityVerdict.Same, state.Judge(Value(2), true));
        state = state.Issue(Value(2), Value(4));
        Assert.Equal(ContinuityVerdict.Cloned, state.Judge(Value(3), true));
    }

    [Fact]
    public void Unpack_Packed_IsTheSame()
    {
        var state = Continuity.None.Issue([], Value(1)).Issue([], Value(2));
        Assert.Equal(state.Values, Continuity.Unpack(state.Pack()).Values);
        Assert.Equal(Continuity.None, Continuity.Unpack([]));
    }

    [Fact]
    public void Judge_WhatWasGivenIsForgotten_TheFirstIsBelievedAndCountsFromThenOn()
    {
        var state = Continuity.Unpack(Continuity.Forgotten.Pack());
        Assert.Equal(ContinuityVerdict.Same, state.Judge(Value(7), false));
        var next = state.Issue(Value(7), Value(8));
        Assert.Equal(ContinuityVerdict.Same, next.Judge(Value(8), true));
        Assert.Equal(ContinuityVerdict.Restored, next.Judge(Value(6), false));
    }
}

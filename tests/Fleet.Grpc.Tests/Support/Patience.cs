using Grpc.Core;

namespace Grpc.Tests.Support;

/// <summary>Waits with an end: a test that hangs fails instead.</summary>
internal static class Patience
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    internal static Task Soon(this Task task) => task.WaitAsync(Limit);

    internal static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);

    internal static Task<T> Soon<T>(this AsyncUnaryCall<T> call) => call.ResponseAsync.WaitAsync(Limit);

    internal static async Task<RpcException> FailsAsync(Func<Task> action) =>
        await Assert.ThrowsAsync<RpcException>(() => action().WaitAsync(Limit));

    internal static async Task<RpcException> FailsAsync(StatusCode code, Func<Task> action)
    {
        var exception = await FailsAsync(action);
        Assert.True(code == exception.StatusCode, $"expected {code}, got {exception.Status}");
        return exception;
    }

    internal static async Task Until(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"waited in vain for: {what}");
            await Task.Delay(5);
        }
    }
}

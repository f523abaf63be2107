using System.Reflection;
using Xunit.Sdk;

namespace Fleet.Hub.Storage.Tests.Database;

/// <summary>Runs a theory once on SQLite and once on PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DatabasesAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[DatabaseKind.Sqlite], [DatabaseKind.PostgreSql]];
}

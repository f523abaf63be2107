using System.Data;
using System.Text.Json;
using Dapper;

namespace Fleet.Hub.Storage.Rows;

/// <summary>How values that are no column types travel: times as integers, maps and lists as JSON text.</summary>
internal static class TypeHandlers
{
    private static readonly Lazy<bool> Registered = new(() =>
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(typeof(DateTimeOffset), new InstantHandler());
        SqlMapper.AddTypeHandler(typeof(IReadOnlyDictionary<string, string>), new JsonHandler<Dictionary<string, string>>());
        SqlMapper.AddTypeHandler(typeof(IReadOnlyList<string>), new JsonHandler<string[]>());
        return true;
    });

    public static void Register() => _ = Registered.Value;

    private sealed class InstantHandler : SqlMapper.ITypeHandler
    {
        public void SetValue(IDbDataParameter parameter, object value)
        {
            // The type is set for nulls too: PostgreSQL cannot always infer it.
            parameter.DbType = DbType.Int64;
            parameter.Value = value is DateTimeOffset time ? Instant.ToMicroseconds(time) : DBNull.Value;
        }

        public object? Parse(Type destinationType, object value) => value is long microseconds ? Instant.FromMicroseconds(microseconds) : null;
    }

    private sealed class JsonHandler<T> : SqlMapper.ITypeHandler
    {
        public void SetValue(IDbDataParameter parameter, object value)
        {
            parameter.DbType = DbType.String;
            parameter.Value = value is null or DBNull ? DBNull.Value : Json.Write(value);
        }

        public object? Parse(Type destinationType, object value) => JsonSerializer.Deserialize<T>((string)value);
    }
}

/// <summary>JSON text as the stores write it: a map's keys in order, so that equal values are equal texts.</summary>
internal static class Json
{
    public static string Write(object value) => value is IEnumerable<KeyValuePair<string, string>> map
        ? JsonSerializer.Serialize(new SortedDictionary<string, string>(map.ToDictionary(), StringComparer.Ordinal))
        : JsonSerializer.Serialize(value);
}

using System.Text.Json;

namespace Fleet.Bench.Figures;

/// <summary>Writes figures for programs to compare.</summary>
internal static class FigureJson
{
    public static async Task WriteAsync(string path, string machine, IReadOnlyList<BenchResult> results, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("machine", machine);
            json.WriteStartArray("benches");
            foreach (var result in results)
            {
                Write(json, result);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await File.WriteAllBytesAsync(path, buffer.ToArray(), cancellationToken);
    }

    private static void Write(Utf8JsonWriter json, BenchResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Name);
        json.WriteString("command", result.Command);
        json.WriteString("date", result.Date);
        json.WriteNumber("seconds", Math.Round(result.Took.TotalSeconds, 1));
        json.WriteNumber("loadBefore", result.LoadBefore);
        json.WriteNumber("loadAfter", result.LoadAfter);
        json.WriteStartArray("figures");
        foreach (var figure in result.Figures)
        {
            json.WriteStartObject();
            json.WriteString("name", figure.Name);
            json.WriteNumber("value", Math.Round(figure.Value, 4));
            json.WriteString("unit", figure.Unit);
            if (figure.AtMost is { } bound)
            {
                json.WriteNumber("atMost", bound);
            }

            if (figure.AtLeast is { } floor)
            {
                json.WriteNumber("atLeast", floor);
            }

            if (figure.Met is { } met)
            {
                json.WriteBoolean("met", met);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (var note in result.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

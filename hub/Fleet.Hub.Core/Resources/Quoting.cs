using System.Text;

namespace Fleet.Hub.Core.Resources;

/// <summary>Shows what a user wrote inside a message: quoted, cut, and without control characters.</summary>
public static class Quoting
{
    /// <summary>The value in double quotes, at most 60 characters of it.</summary>
    public static string Quote(string value) => $"\"{Shorten(value, 60)}\"";

    /// <summary>The value cut to a length, with control characters replaced: messages reach terminals.</summary>
    public static string Shorten(string value, int length)
    {
        var text = new StringBuilder(Math.Min(value.Length, length) + 1);
        foreach (var c in value)
        {
            if (text.Length == length)
            {
                return text.Append('…').ToString();
            }

            text.Append(char.IsControl(c) ? '\uFFFD' : c);
        }

        return text.ToString();
    }

    /// <summary>The choices as prose: <c>always, ifEqual or never</c>.</summary>
    public static string Choices(IReadOnlyList<string> choices) => choices.Count switch
    {
        0 => "",
        1 => choices[0],
        _ => $"{string.Join(", ", choices.Take(choices.Count - 1))} or {choices[^1]}",
    };
}

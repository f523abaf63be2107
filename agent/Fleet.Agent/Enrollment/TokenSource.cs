namespace Fleet.Agent.Enrollment;

/// <summary>The enrollment token: given, or in a file that is read anew each time.</summary>
internal sealed class TokenSource(string given, string file)
{
    private const int MaxBytes = 4096;

    /// <summary>Empty when there is none (yet).</summary>
    public string Read()
    {
        if (file.Length == 0) return given;
        try
        {
            using var stream = File.OpenRead(file);
            var buffer = new byte[MaxBytes];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return System.Text.Encoding.UTF8.GetString(buffer, 0, length).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return given;
        }
    }
}

using System.Runtime.Versioning;

// The agent runs in Linux containers and on Linux hosts; credential plugins in these tests are shell scripts.
[assembly: SupportedOSPlatform("linux")]

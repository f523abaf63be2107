namespace Fleet.Hub.Core.Access;

/// <summary>What the holder of an API key may do; each includes the ones before it.</summary>
public enum Role
{
    /// <summary>Read everything but API keys and credentials.</summary>
    Viewer,

    /// <summary>Change everything but API keys and credentials.</summary>
    Operator,

    /// <summary>Everything.</summary>
    Admin,
}

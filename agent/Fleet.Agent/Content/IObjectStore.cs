using Fleet.V1;

namespace Fleet.Agent.Content;

/// <summary>Git objects by id. Anything may be lost at any time; what is read is checked against its id.</summary>
internal interface IObjectStore
{
    bool Contains(GitId id);

    /// <summary>Size in bytes; -1 when it is not here.</summary>
    long SizeOf(GitId id);

    /// <summary>Null when it is not here, or is damaged.</summary>
    GitObject? Read(GitId id);

    /// <summary>Takes an object whose id was checked.</summary>
    void Write(GitId id, GitObject content);
}

/// <summary>A Git object without its header.</summary>
internal sealed record GitObject(GitObjectType Type, ReadOnlyMemory<byte> Bytes);

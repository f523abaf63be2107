namespace Fleet.Testing.Network;

/// <summary>How a connection ends.</summary>
public enum CutKind
{
    /// <summary>RST: at once, and what was on its way is lost.</summary>
    Reset,

    /// <summary>FIN: in order, after what was sent before.</summary>
    Finish,
}

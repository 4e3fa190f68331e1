namespace MailProxy.Wire;

/// <summary>One argument of a command, still in the connection's own buffer; valid until the reader advances.</summary>
internal readonly ref struct WireArgument
{
    internal WireArgument(ReadOnlySpan<byte> raw, bool escaped)
    {
        Raw = raw;
        Escaped = escaped;
    }

    /// <summary>The bytes as sent, without quotes or literal header.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Whether <see cref="Raw"/> holds <c>\x</c> pairs that stand for <c>x</c>.</summary>
    public bool Escaped { get; }

    /// <summary>The argument's value.</summary>
    public byte[] ToArray()
    {
        if (!Escaped) return Raw.ToArray();
        var value = new byte[Raw.Length];
        var length = 0;
        for (var i = 0; i < Raw.Length; i++)
        {
            if (Raw[i] == '\\') i++;
            value[length++] = Raw[i];
        }

        return value[..length];
    }
}

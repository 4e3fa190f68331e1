using System.Globalization;
using System.Text;
using MailProxy.Configuration;

namespace MailProxy.Observing.Logs;

/// <summary>
/// One of nginx's log lines, <c>2026/11/23 17:24:15 [info] 8520#8520: *2 text while …, client: …, server: …</c>, written
/// into the caller's memory. What does not fit is cut, but never within a character or an escape. Control characters
/// become <c>\xHH</c>, so that no peer's text can begin a line of its own.
/// </summary>
internal ref struct ErrorLogLine(Span<byte> buffer)
{
    /// <summary>Bytes of a line at most, its LF included; nginx's limit.</summary>
    public const int MaxLength = 2048;

    private readonly Span<byte> _buffer = buffer;
    private int _length;
    private bool _isCut;

    /// <summary>What there is so far, without LF.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    // The last byte is the LF's.
    private readonly Span<byte> Room => _buffer[_length..^1];

    /// <summary>The whole line with its LF.</summary>
    /// <param name="buffer">Where it is written.</param>
    /// <param name="now">Local time.</param>
    /// <param name="level">The level.</param>
    /// <param name="message">What happened.</param>
    /// <param name="context">The session's facts; null for a line of the process.</param>
    /// <param name="hasSuffix">Whether the line ends with them.</param>
    /// <param name="exception">An error of ours: its stack ends the line.</param>
    public static ReadOnlySpan<byte> Format(
        Span<byte> buffer, DateTimeOffset now, ErrorLogLevel level, string message, SessionLogContext? context = null, bool hasSuffix = true, Exception? exception = null)
    {
        var line = new ErrorLogLine(buffer);
        line.AppendPrefix(now, level, context);
        line.Append(message);
        if (context is not null && hasSuffix) line.AppendSuffix(context);
        if (exception is not null) line.Append($": {exception.ToString().ReplaceLineEndings(" | ")}");
        return line.End();
    }

    public void Append(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (_isCut) return;
            if (Rune.IsControl(rune)) AppendEscaped(rune);
            else Advance(rune.TryEncodeToUtf8(Room, out var written), written);
        }
    }

    /// <summary>A line that is formatted already, without its LF.</summary>
    public void AppendLine(ReadOnlySpan<byte> line) => Advance(line[..^1].TryCopyTo(Room), line.Length - 1);

    private readonly ReadOnlySpan<byte> End()
    {
        _buffer[_length] = (byte)'\n';
        return _buffer[..(_length + 1)];
    }

    private void AppendPrefix(DateTimeOffset now, ErrorLogLevel level, SessionLogContext? context)
    {
        Append(now, @"yyyy\/MM\/dd HH\:mm\:ss");
        Append(" [");
        Append(ErrorLogLevels.NameOf(level));
        Append("] ");
        Append(Environment.ProcessId);
        // nginx's number of the thread: that of its only one is the process's.
        Append("#");
        Append(Environment.ProcessId);
        Append(": ");
        if (context is null) return;
        Append("*");
        Append(context.ConnectionNumber);
        Append(" ");
    }

    private void AppendSuffix(SessionLogContext context)
    {
        AppendFact(" while ", context.Action);
        AppendFact(", client: ", context.Client);
        if (context.UsingStartTls) Append(" using starttls");
        AppendFact(", server: ", context.Listener);
        if (!string.IsNullOrEmpty(context.Login))
        {
            AppendFact(", login: \"", context.Login);
            Append("\"");
        }

        AppendFact(", upstream: ", context.Upstream);
    }

    private void AppendFact(string name, string? value)
    {
        if (value is null) return;
        Append(name);
        Append(value);
    }

    private void Append<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        if (!_isCut) Advance(value.TryFormat(Room, out var written, format, CultureInfo.InvariantCulture), written);
    }

    private void AppendEscaped(Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..rune.EncodeToUtf8(bytes)];
        _isCut = bytes.Length * @"\xHH".Length > Room.Length;
        foreach (var value in bytes)
        {
            Append(@"\x");
            Append(value, "X2");
        }
    }

    private void Advance(bool fits, int written)
    {
        _isCut = !fits;
        if (fits) _length += written;
    }
}

using System.Text;

namespace MailProxy.Configuration.Syntax;

/// <summary>What ended the words that <see cref="ConfLexer.Read"/> found.</summary>
internal enum ConfEnd
{
    Semicolon,
    BlockStart,
    BlockEnd,
    EndOfFile,
    Error,
}

/// <summary>Reads the words of one directive after the other, by nginx's rules for quotes, backslashes and comments.</summary>
/// <param name="text">A file's bytes, or what <c>-g</c> says.</param>
/// <param name="isFile">Whether it is a file: messages about its end depend on it.</param>
internal sealed class ConfLexer(ReadOnlyMemory<byte> text, bool isFile)
{
    /// <summary>nginx reads by pieces of this size; a word and the byte behind it must lie in one.</summary>
    private const int LongestWord = 4096;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<byte> _word = [];
    private int _position;

    /// <summary>The line of the byte that was read last.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>What is wrong, in nginx's words, once <see cref="ConfEnd.Error"/> was returned.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether every word of the last directive was valid UTF-8.</summary>
    public bool IsText { get; private set; }

    /// <summary>Reads up to the next <c>;</c>, <c>{</c> or <c>}</c>.</summary>
    public ConfEnd Read(List<string> words)
    {
        words.Clear();
        IsText = true;
        while (true)
        {
            SkipSeparators();
            if (_position == text.Length) return words.Count == 0 ? ConfEnd.EndOfFile : Fail(EarlyEnd);
            var end = text.Span[_position] switch
            {
                (byte)';' => words.Count == 0 ? Unexpected() : Take(ConfEnd.Semicolon),
                (byte)'{' => words.Count == 0 ? Unexpected() : Take(ConfEnd.BlockStart),
                (byte)'}' => words.Count != 0 ? Unexpected() : Take(ConfEnd.BlockEnd),
                (byte)'"' or (byte)'\'' => ReadQuoted(words),
                _ => ReadPlain(words),
            };
            if (end is { } found) return found;
        }
    }

    private string EarlyEnd => isFile ? "unexpected end of file, expecting \";\" or \"}\"" : "unexpected end of parameter, expecting \";\"";

    private void SkipSeparators()
    {
        var bytes = text.Span;
        var isComment = false;
        while (_position < bytes.Length)
        {
            var octet = bytes[_position];
            if (octet == '\n')
            {
                Line++;
                isComment = false;
            }
            else if (octet == '#')
            {
                isComment = true;
            }
            else if (!isComment && !IsSeparator(octet))
            {
                return;
            }

            _position++;
        }
    }

    private ConfEnd? ReadPlain(List<string> words)
    {
        var word = new Start(_position, Line, Quote: null);
        var isVariable = false;
        while (Next(word) is { } octet)
        {
            if (octet == '{' && isVariable) continue;
            isVariable = octet == '$';
            if (octet == '\\' && Next(word) is null) return ConfEnd.Error;
            if (!IsSeparator(octet) && octet is not ((byte)';' or (byte)'{')) continue;

            Store(words, word.Position, _position - 1);
            return Ended(word, octet);
        }

        return ConfEnd.Error;
    }

    private ConfEnd? ReadQuoted(List<string> words)
    {
        var quote = text.Span[_position++];
        var word = new Start(_position, Line, quote);
        while (Next(word) is { } octet)
        {
            if (octet == '\\' && Next(word) is null) return ConfEnd.Error;
            if (octet != quote) continue;

            Store(words, word.Position, _position - 1);
            word = word with { Quote = null };
            if (Next(word) is not { } next) return ConfEnd.Error;
            if (next != ')') return Ended(word, next);

            _position--;
            return null;
        }

        return ConfEnd.Error;
    }

    /// <summary>What it means that this byte stands behind a word.</summary>
    private ConfEnd? Ended(Start word, byte octet)
    {
        if (octet == ';') return ConfEnd.Semicolon;
        if (octet == '{') return ConfEnd.BlockStart;
        if (!IsSeparator(octet)) return Fail($"unexpected \"{(char)octet}\"");
        return _position - word.Position == LongestWord && _position < text.Length ? TooLong(word) : null;
    }

    /// <summary>The next byte of a word, or null with <see cref="Error"/> set.</summary>
    private byte? Next(Start word)
    {
        if (_position == text.Length) Fail(EarlyEnd);
        else if (_position - word.Position == LongestWord) TooLong(word);
        if (Error is not null) return null;

        var octet = text.Span[_position++];
        if (octet == '\n') Line++;
        return octet;
    }

    private void Store(List<string> words, int start, int end)
    {
        _word.Clear();
        var bytes = text.Span[start..end];
        for (var i = 0; i < bytes.Length; i++)
        {
            var translated = bytes[i] == '\\' && i + 1 < bytes.Length ? Translate(bytes[i + 1]) : null;
            _word.Add(translated ?? bytes[i]);
            if (translated is not null) i++;
        }

        words.Add(ToText());
    }

    /// <summary>What a backslash and this byte stand for; null when both are kept.</summary>
    private static byte? Translate(byte octet) => octet switch
    {
        (byte)'"' or (byte)'\'' or (byte)'\\' => octet,
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'n' => (byte)'\n',
        _ => null,
    };

    private string ToText()
    {
        var bytes = _word.ToArray();
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            IsText = false;
            return Encoding.UTF8.GetString(bytes);
        }
    }

    private ConfEnd? Take(ConfEnd end)
    {
        _position++;
        return end;
    }

    private ConfEnd? Unexpected() => Fail($"unexpected \"{(char)text.Span[_position]}\"");

    private ConfEnd TooLong(Start word)
    {
        Line = word.Line;
        return Fail(word.Quote is { } quote
            ? $"too long parameter, probably missing terminating \"{(char)quote}\" character"
            : $"too long parameter \"{Encoding.UTF8.GetString(text.Span.Slice(word.Position, 10))}...\" started");
    }

    private ConfEnd Fail(string error)
    {
        Error = error;
        return ConfEnd.Error;
    }

    private static bool IsSeparator(byte octet) => octet is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>Where a word began: behind its quote, if it has one.</summary>
    private readonly record struct Start(int Position, int Line, byte? Quote);
}

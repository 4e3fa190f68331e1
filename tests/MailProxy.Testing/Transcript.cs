using System.Text;
using System.Text.RegularExpressions;

namespace MailProxy.Testing;

/// <summary>How the lines of a transcript reach the proxy.</summary>
public enum Chunks
{
    /// <summary>Each line in one piece.</summary>
    Whole,

    /// <summary>One byte after the other, each handled before the next.</summary>
    PerByte,
}

/// <summary>
/// Plays a dialogue. Each line begins with who speaks:
/// <c>C:</c> the client sends, <c>S:</c> the client receives, <c>U&gt;</c> the upstream sends, <c>U&lt;</c> the upstream
/// receives, <c>V&gt;</c> and <c>V&lt;</c> the same for a second upstream, <c>H&gt;</c> and <c>H&lt;</c> the same for the auth server, <c>T:</c> that many seconds pass, <c>A:</c> the last login the authenticator saw (<c>method login secret</c>),
/// <c>L:</c> a line that was logged by then.
/// <c>C: +</c> lines joined by a trailing <c>\</c> go out in one piece. <c>S: &lt;close&gt;</c> and <c>U&lt; &lt;close&gt;</c> expect the end of the stream,
/// <c>C: &lt;close&gt;</c> and <c>U&gt; &lt;close&gt;</c> make it, <c>&lt;gone&gt;</c> also stops reading, <c>&lt;reset&gt;</c> fails, <c>S: &lt;nothing&gt;</c> and <c>U&lt; &lt;nothing&gt;</c> that nothing waits to be read.
/// In expectations <c>**</c> matches anything; <c>\r \n \0 \xHH</c> stand for bytes; lines end in CRLF unless they end in <c>\c</c>.
/// </summary>
internal static partial class Transcript
{
    public static async Task PlayAsync(string script, TranscriptPeers peers, Chunks chunks)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var joined = new StringBuilder();
        var number = 0;
        foreach (var raw in script.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            var line = raw.TrimEnd('\r');
            if (line.Trim().Length == 0 || line.StartsWith('#')) continue;
            var (who, text) = (line[..2], line.Length > 3 ? line[3..] : "");
            if (who == "C:" && text.EndsWith('\\') && !text.EndsWith("\\\\", StringComparison.Ordinal))
            {
                joined.Append(text[..^1]).Append("\\r\\n");
                continue;
            }

            if (joined.Length > 0)
            {
                text = joined + text;
                joined.Clear();
            }

            try
            {
                await StepAsync(who, text, peers, chunks, deadline.Token);
            }
            catch (Exception exception) when (exception is not TranscriptException)
            {
                throw new TranscriptException($"line {number}: {line}\n{exception.GetType().Name}: {exception.Message}", exception);
            }
        }
    }

    private static async Task StepAsync(string who, string text, TranscriptPeers peers, Chunks chunks, CancellationToken cancellationToken)
    {
        switch (who)
        {
            case "C:" or "U>" or "V>" or "H>":
                var sender = await PeerAsync(who[0], peers, cancellationToken);
                if (text == "<close>") await sender.CloseAsync();
                else if (text == "<gone>") await sender.LeaveAsync();
                else if (text == "<reset>") await sender.ResetAsync();
                else await sender.SendAsync(Bytes(text), chunks);
                break;
            case "S:" or "U<" or "V<" or "H<":
                var receiver = await PeerAsync(who[0], peers, cancellationToken);
                if (text == "<close>") await receiver.ExpectCloseAsync(cancellationToken);
                else if (text == "<nothing>") receiver.ExpectNothing();
                else await receiver.ExpectAsync(Latin1(Bytes(text)), cancellationToken);
                break;
            case "T:":
                peers.Pass(TimeSpan.FromSeconds(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case "A:":
                peers.ExpectLogin(Latin1(Bytes(text + "\\c")));
                break;
            case "L:":
                peers.ExpectLogged(text);
                break;
            default:
                throw new TranscriptException($"a line begins with C:, S:, U>, U<, V>, V<, H>, H<, T:, A: or L:, not \"{who}\"");
        }
    }

    private static async Task<TranscriptPeer> PeerAsync(char who, TranscriptPeers peers, CancellationToken cancellationToken) => who switch
    {
        'U' => await peers.Upstream(cancellationToken),
        'V' => await peers.SecondUpstream(cancellationToken),
        'H' => await peers.AuthServer(cancellationToken),
        _ => peers.Client,
    };

    internal static bool Matches(string pattern, string actual) =>
        Regex.IsMatch(actual, "^" + Regex.Escape(pattern).Replace(@"\*\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.Singleline);

    internal static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    internal static string Printable(string latin1) => Unprintable().Replace(latin1, match => $"\\x{(int)match.Value[0]:X2}");

    internal static byte[] Bytes(string text)
    {
        var bare = text.EndsWith("\\c", StringComparison.Ordinal);
        if (bare) text = text[..^2];
        var plain = Escape().Replace(text, match => match.Value[1] switch
        {
            'r' => "\r",
            'n' => "\n",
            '0' => "\0",
            '\\' => "\\",
            _ => ((char)Convert.ToByte(match.Value[2..], 16)).ToString(),
        });
        return Encoding.Latin1.GetBytes(bare ? plain : plain + "\r\n");
    }

    [GeneratedRegex(@"\\(r|n|0|\\|x[0-9A-Fa-f]{2})")]
    private static partial Regex Escape();

    [GeneratedRegex(@"[^\x20-\x7e]")]
    private static partial Regex Unprintable();
}

/// <summary>What was said is not what the transcript says.</summary>
public sealed class TranscriptException(string message, Exception? inner = null) : Exception(message, inner);

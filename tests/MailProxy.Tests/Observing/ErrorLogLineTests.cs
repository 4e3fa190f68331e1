using System.Net;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Observing.Logs;

namespace MailProxy.Tests.Observing;

public sealed class ErrorLogLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 3, 7, 4, 5, TimeSpan.FromHours(2));
    private static readonly string Process = $"{Environment.ProcessId}#{Environment.ProcessId}";

    [Fact]
    public void A_line_of_the_process_has_time_level_and_process() =>
        Assert.Equal($"2026/01/03 07:04:05 [notice] {Process}: exit\n", Format("exit", level: ErrorLogLevel.Notice));

    [Fact]
    public void A_line_of_a_session_ends_with_what_it_does_and_for_whom()
    {
        var context = new SessionLogContext
        {
            ConnectionNumber = 2,
            Action = SessionAction.AskingAuthHttp,
            Client = "127.0.0.1",
            Listener = "127.0.0.1:31143",
            Login = "user",
        };
        Assert.Equal(
            $"2026/01/03 07:04:05 [info] {Process}: *2 client login failed: \"Invalid login\" while in http auth state, client: 127.0.0.1, server: 127.0.0.1:31143, login: \"user\"\n",
            Format("client login failed: \"Invalid login\"", context));
    }

    [Fact]
    public void The_suffix_has_nginx_order()
    {
        var context = new SessionLogContext
        {
            ConnectionNumber = 12345678901,
            Action = SessionAction.ReadingUpstream,
            Client = "::1",
            Listener = "[::1]:143",
            UsingStartTls = true,
            Login = "u",
            UpstreamEndPoint = IPEndPoint.Parse("10.0.0.1:143"),
        };
        Assert.EndsWith(
            ": *12345678901 text while reading response from upstream, client: ::1 using starttls, server: [::1]:143, login: \"u\", upstream: 10.0.0.1:143\n",
            Format("text", context), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        var context = new SessionLogContext { ConnectionNumber = 1, Client = "unix:", Listener = "unix:/run/imap", Login = "" };
        Assert.EndsWith(": *1 client logged in, client: unix:, server: unix:/run/imap\n", Format("client logged in", context), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_suffix_a_line_still_has_the_connections_number()
    {
        var context = new SessionLogContext { ConnectionNumber = 1, Client = "127.0.0.1" };
        Assert.EndsWith(": *1 client 127.0.0.1:5 connected to 0.0.0.0:143\n", Format("client 127.0.0.1:5 connected to 0.0.0.0:143", context, hasSuffix: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\nb", @"a\x0D\x0Ab")]
    [InlineData("a\0b\tc\u001Bd\u007F", @"a\x00b\x09c\x1Bd\x7F")]
    [InlineData("a\u0085b", @"a\xC2\x85b")]
    [InlineData("zwölf € 😀", "zwölf € 😀")]
    public void Control_characters_are_escaped_and_the_rest_is_utf8(string message, string expected) =>
        Assert.EndsWith($": {expected}\n", Format(message), StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() =>
        Assert.EndsWith(": half \uFFFD pair\n", Format("half \uD83D pair"), StringComparison.Ordinal);

    [Fact]
    public void Facts_of_the_session_are_escaped_too()
    {
        var context = new SessionLogContext { ConnectionNumber = 1, Client = "c", Listener = "s", Login = "a\nb" };
        Assert.EndsWith(@"client: c, server: s, login: ""a\x0Ab""" + "\n", Format("text", context), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_cut_at_2048_bytes_with_its_line_feed()
    {
        var line = FormatBytes(new string('x', 5000));
        Assert.Equal(2048, line.Length);
        Assert.EndsWith("xx\n", Encoding.ASCII.GetString(line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("€", "€")]
    [InlineData("😀", "😀")]
    [InlineData("\n", @"\x0A")]
    [InlineData("\u0085", @"\xC2\x85")]
    public void A_cut_never_goes_through_a_character_or_an_escape(string unit, string shown)
    {
        // Each prefix puts the cut at another place of the unit.
        for (var shift = 0; shift < Encoding.UTF8.GetByteCount(shown); shift++)
        {
            var line = FormatBytes(new string('x', shift) + string.Concat(Enumerable.Repeat(unit, 2000)));
            Assert.InRange(line.Length, 2048 - Encoding.UTF8.GetByteCount(shown), 2048);
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(line);
            Assert.EndsWith(shown + shown + "\n", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_comes_behind_a_cut_is_left_out_even_where_it_would_fit()
    {
        var context = new SessionLogContext { ConnectionNumber = 1, Client = "c", Listener = "s" };
        Assert.DoesNotContain("client: c", Format(string.Concat(Enumerable.Repeat("😀", 600)), context), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_ends_the_line_behind_the_suffix_and_stays_on_it()
    {
        var context = new SessionLogContext { ConnectionNumber = 1, Client = "c", Listener = "s" };
        var line = Format("internal error", context, exception: new InvalidOperationException("first\nsecond"));
        Assert.EndsWith(": *1 internal error, client: c, server: s: System.InvalidOperationException: first | second\n", line, StringComparison.Ordinal);
    }

    private static string Format(string message, SessionLogContext? context = null, bool hasSuffix = true, ErrorLogLevel level = ErrorLogLevel.Info, Exception? exception = null) =>
        Encoding.UTF8.GetString(FormatBytes(message, context, hasSuffix, level, exception));

    private static byte[] FormatBytes(string message, SessionLogContext? context = null, bool hasSuffix = true, ErrorLogLevel level = ErrorLogLevel.Info, Exception? exception = null) =>
        ErrorLogLine.Format(new byte[ErrorLogLine.MaxLength], Now, level, message, context, hasSuffix, exception).ToArray();
}

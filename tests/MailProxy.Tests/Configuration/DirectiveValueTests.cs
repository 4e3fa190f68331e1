using System.Net;
using CsCheck;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Loading;

namespace MailProxy.Tests.Configuration;

/// <summary>The types of values, one by one.</summary>
public sealed class DirectiveValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("500ms", 500)]
    [InlineData("1m", 60_000)]
    [InlineData("1m1s1ms", 61_001)]
    [InlineData("1h30", 3_630_000)]
    [InlineData("1h 30m", 5_400_000)]
    [InlineData("1h 30m 5s 10ms", 5_405_010)]
    [InlineData("1h  5", 3_605_000)]
    [InlineData("1h ", 3_600_000)]
    [InlineData("5 ", 5_000)]
    [InlineData("5ms1", 1_005)]
    [InlineData("1w2d", 777_600_000)]
    [InlineData("24h", 86_400_000)]
    public void A_time_in_milliseconds_is_read(string text, long milliseconds)
    {
        Assert.True(NginxTime.TryParse(text, inSeconds: false, out var time));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), time);
    }

    [Theory]
    [InlineData("30m1h")]
    [InlineData("1h1h")]
    [InlineData("1s1m")]
    [InlineData("1ms1s")]
    [InlineData("5 s")]
    [InlineData(" 1h")]
    [InlineData("1M")]
    [InlineData("1y")]
    [InlineData("1x")]
    [InlineData("1.5s")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("s")]
    [InlineData("")]
    [InlineData("1S")]
    [InlineData("99999999999999999999")]
    [InlineData("9999999w")]
    public void A_wrong_time_in_milliseconds_is_refused(string text) => Assert.False(NginxTime.TryParse(text, inSeconds: false, out _));

    [Theory]
    [InlineData("1y", 365)]
    [InlineData("1M", 30)]
    [InlineData("1y1M1w1d", 365 + 30 + 7 + 1)]
    [InlineData("86400", 1)]
    public void A_time_in_seconds_may_have_years_and_months(string text, int days)
    {
        Assert.True(NginxTime.TryParse(text, inSeconds: true, out var time));
        Assert.Equal(TimeSpan.FromDays(days), time);
    }

    [Theory]
    [InlineData("1ms")]
    [InlineData("1M1y")]
    [InlineData("1w1M")]
    public void A_wrong_time_in_seconds_is_refused(string text) => Assert.False(NginxTime.TryParse(text, inSeconds: true, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("4K", 4096)]
    [InlineData("2m", 2_097_152)]
    [InlineData("2M", 2_097_152)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("2147483648", null)]
    [InlineData("2048m", null)]
    [InlineData("1g", null)]
    [InlineData("k", null)]
    [InlineData("", null)]
    [InlineData("1.5k", null)]
    [InlineData("-1", null)]
    [InlineData("4kk", null)]
    [InlineData(" 4", null)]
    public void A_size_is_digits_and_a_unit(string text, int? bytes) => Assert.Equal(bytes, Number.ParseSize(text));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("1 ", null)]
    [InlineData("0x10", null)]
    [InlineData("1k", null)]
    [InlineData("", null)]
    public void A_number_is_digits(string text, int? number) => Assert.Equal(number, Number.Parse(text));

    [Theory]
    [InlineData("on", true)]
    [InlineData("ON", true)]
    [InlineData("oFf", false)]
    [InlineData("true", null)]
    [InlineData("1", null)]
    public void A_flag_is_on_or_off(string text, bool? value) => Assert.Equal(value, Read<FlagGrammar>(text));

    [Theory]
    [InlineData("Plain", "plain")]
    [InlineData("CRAM-md5", "cram-md5")]
    [InlineData("plain ", null)]
    public void A_choice_matches_in_any_case(string text, string? value) => Assert.Equal(value, Read<ChoiceGrammar>(text));

    [Theory]
    [InlineData("143", "0.0.0.0:143")]
    [InlineData("*:143", "0.0.0.0:143")]
    [InlineData("0.0.0.0:143", "0.0.0.0:143")]
    [InlineData("010.0.0.1:143", "10.0.0.1:143")]
    [InlineData("143-145", "0.0.0.0:143", "0.0.0.0:144", "0.0.0.0:145")]
    [InlineData("127.0.0.1:143-144", "127.0.0.1:143", "127.0.0.1:144")]
    [InlineData("143-143", "0.0.0.0:143")]
    [InlineData("[::]:143", "[::]:143")]
    [InlineData("[0:0:0:0:0:0:0:1]:143-144", "[::1]:143", "[::1]:144")]
    [InlineData("localhost:143", "127.0.0.1:143", "[::1]:143")]
    [InlineData("mail.test:25-26", "192.0.2.1:25", "192.0.2.1:26", "192.0.2.2:25", "192.0.2.2:26")]
    [InlineData("unix:/run/mail.sock", "unix:/run/mail.sock")]
    [InlineData("UNIX:/run/mail:sock", "unix:/run/mail:sock")]
    public void An_address_to_listen_on_stands_for_these(string text, params string[] addresses)
    {
        var found = new List<EndPoint>();
        Assert.Null(NetAddress.ReadListen(text, TestConf.Lookup, found));
        Assert.Equal(addresses, found.Select(NetAddress.ToText));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:53")]
    [InlineData("127.0.0.1:54", "127.0.0.1:54")]
    [InlineData("[::1]", "[::1]:53")]
    [InlineData("[::1]:54", "[::1]:54")]
    [InlineData("mail.test", "192.0.2.1:53", "192.0.2.2:53")]
    public void An_address_to_connect_to_has_a_default_port(string text, params string[] addresses)
    {
        var found = new List<EndPoint>();
        Assert.Null(NetAddress.ReadPeer(text, 53, TestConf.Lookup, found));
        Assert.Equal(addresses, found.Select(NetAddress.ToText));
    }

    [Fact]
    public void No_words_make_any_directive_throw()
    {
        var words = Pieces(
            Gen.String[0, 12], "1h", " ", "5ms", "4k", "on", "[", "::1", "]", ":", "/", "143", "-", "unix:", "http://", "https://", "valid=", "valid=1s", "ipv4=off", "shared:", "shared:a:64k", "builtin:", "127.0.0.1", "\0", "/24", "\uD800", "$", "${", "}", "$auth_user",
            "127.0.0.1:143", "mail.test:143", "ssl", "backlog=", "backlog=5", "so_keepalive=", "so_keepalive=1:2:3", "rcvbuf=1k", "ipv6only=o", "off", "syslog:", "syslog:server=127.0.0.1,", "syslog:tag=,nohostname", "info", "debug_mail", "stderr",
            "weight=2", "fail_timeout=", "max_conns=1", "backup", "resolve", "consistent", "two", "interval=1s", "protocol=imap", "64k", "escape=", "escape=json", "sqlite", "ldap", "pgsql", "static", "scheme=", "file:/none");
        var directives = Features.BuiltIn.Schema.Directives.All.ToArray();
        Gen.Select(Gen.Int[0, directives.Length - 1].Select(i => directives[i]), words.Array[0, 4], Gen.Bool).Sample((directive, arguments, isKey) =>
        {
            var messages = new List<ConfigurationMessage>();
            var level = new SettingLevel("");
            var call = new DirectiveCall(directive.Attribute, directive.Option, isKey ? [.. arguments.Take(1)] : arguments, level, Context, new Report(messages, "here"));
            if (!directive.AcceptsArguments(call.Arguments.Count) || (isKey && directive.Option is null)) return;
            if (isKey && directive.Grammar.ItemNames.Count == 0 && call.Arguments.Count == 1) directive.Grammar.ReadKey(call);
            else directive.Grammar.Read(call);
            // Nothing wrong is taken, and nothing right is lost.
            Assert.True(call.Report.HasFailed || directive.Option is null || directive.IsBlock || level.All.Any() || messages.Count > 0, $"{directive.Name} {string.Join(' ', arguments)}");
        });
    }

    private static Gen<string> Pieces(Gen<string> any, params string[] known) => Gen.OneOf(any, Gen.Int[0, known.Length - 1].Select(i => known[i]));

    private static LoadContext Context => new("/etc/mail", "/srv", TestConf.Lookup) { Protocols = ["imap"] };

    private static object? Read<TGrammar>(string text) where TGrammar : WordGrammar, new()
    {
        var call = new WordCall(new DirectiveAttribute<TGrammar>("x") { Words = ["plain", "cram-md5"] }, typeof(string), Context, new Report([], "here"));
        return new TGrammar().TryRead(text, call, out var value) ? value : null;
    }
}

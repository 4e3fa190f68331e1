using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Protocols.Smtp;
using MailProxy.Transport.Sockets;
using MailProxy.Upstreams;

namespace MailProxy.Tests.Sessions;

/// <summary>The upstream: connecting, the limits of its login, the relay.</summary>
public sealed class SessionProxyTests
{
    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_login_and_its_end_are_logged(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.SmtpUpstream.Xclient = false };
        var upstream = dialect.Upstream.Replace("EHLO", "HELO", StringComparison.Ordinal);
        Assert.Equal(SessionEndReason.Done, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{upstream}U> <close>\nS: <close>\nU< <close>"));
        Assert.Equal(["client logged in", "proxied session done"], session.Log.Select(line => line["Information: ".Length..line.IndexOf(',', StringComparison.Ordinal)]));
        Assert.All(session.Log, line => Assert.EndsWith(", login: \"user\", upstream: 127.0.0.1:31500", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "Error: recv() failed (111: Connection refused) while reading response from upstream")]
    [InlineData(SocketError.HostUnreachable, "Error: recv() failed (113: No route to host) while reading response from upstream")]
    [InlineData(SocketError.NetworkUnreachable, "Error: connect() to 127.0.0.1:31500 failed (101: Network is unreachable) while connecting to upstream")]
    [InlineData(SocketError.AccessDenied, "Critical: connect() to 127.0.0.1:31500 failed (13: Permission denied) while connecting to upstream")]
    public async Task An_upstream_that_cannot_be_connected_to_is_an_internal_error(SocketError error, string line)
    {
        foreach (var dialect in Dialect.Names.Select(Dialect.Of))
        {
            var session = new SessionTranscript { Protocol = dialect.Protocol, ConnectFailure = new SocketException((int)error) };
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + dialect.InternalError));
            Assert.Equal([line + ", login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
        }
    }

    [Theory]
    [InlineData("192.0.2.1", "bind(192.0.2.1)")]
    [InlineData("192.0.2.1:25", "bind(192.0.2.1:25)")]
    [InlineData("[2001:db8::1]:25", "bind([2001:db8::1]:25)")]
    public async Task An_address_that_cannot_be_bound_is_an_internal_error(string local, string call)
    {
        foreach (var dialect in Dialect.Names.Select(Dialect.Of))
        {
            var failure = new BindException(IPEndPoint.Parse(local), new SocketException((int)SocketError.AddressNotAvailable));
            var session = new SessionTranscript { Protocol = dialect.Protocol, ConnectFailure = failure };
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync(dialect.Greeting + dialect.Login + dialect.InternalError));
            Assert.Equal([$"Critical: {call} failed (99: Cannot assign requested address) while connecting to upstream, login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
        }
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task One_free_connection_serves_the_auth_server_and_then_the_upstream(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        await new SessionTranscript { Protocol = protocol, WorkerConnections = 1 }.PlayAsync(dialect.Greeting + dialect.Login + dialect.Upstream);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_login_at_the_upstream_has_one_time_budget(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        foreach (var lines in Beginnings(dialect))
        {
            var session = new SessionTranscript { Protocol = protocol };
            var slow = string.Concat(lines.Select((line, index) => (index == 1 ? "T: 30\n" : "") + line + "\n"));
            var rest = lines.Length > 1 ? 29 : 59;
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{slow}T: {rest}\nS: <nothing>\nT: 2\n{dialect.InternalError}U< <close>"));
            Assert.Contains(session.Log, line => line.StartsWith("Information: upstream timed out (110: Connection timed out) while reading response from upstream", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_upstream_that_closes_during_the_login_is_an_internal_error_without_a_line_in_the_log(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        foreach (var lines in Beginnings(dialect))
        {
            var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.PassErrorMessage = true };
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{string.Join('\n', lines)}\nU> half a line\\c\nU> <close>\n{dialect.InternalError}"));
            Assert.DoesNotContain(session.Log.Lines, line => !line.StartsWith("Warning: upstream does not offer XCLIENT", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task An_upstream_that_resets_during_the_login_is_an_internal_error(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.PassErrorMessage = true };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}U> <reset>\n{dialect.InternalError}"));
        Assert.Equal(["Error: recv() failed (104: Connection reset by peer) while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_reply_longer_than_the_proxy_buffer_is_an_internal_error(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var (greeting, x) = (dialect.Upstream.Split('\n')[0]["U> ".Length..], new string('x', 100));
        var session = new SessionTranscript { Protocol = protocol, Configure = server => (server.Proxy.Buffer, server.Proxy.PassErrorMessage) = (64, true) };
        Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}U> {greeting}{x}\n{dialect.InternalError}"));
        Assert.Equal(
            [$"Error: upstream sent too long response line: \"{(greeting + x)[..64]}\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500"], session.Log);
        var fits = dialect.Upstream.Replace(greeting, greeting + x[..(62 - greeting.Length)], StringComparison.Ordinal);
        await session.PlayAsync(dialect.Greeting + dialect.Login + fits);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_line_feed_alone_ends_no_reply(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var greeting = dialect.Upstream.Split('\n')[0];
        await new SessionTranscript { Protocol = protocol }.PlayAsync($"{dialect.Greeting}{dialect.Login}{greeting}\\n\\c\nU< <nothing>\nT: 61\n{dialect.InternalError}");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_line_too_many_is_taken_for_the_next_reply_however_it_came(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var lines = dialect.Upstream.Split('\n');
        foreach (var more in new[] { "\\r\\nmore", "\nU> more" })
        {
            var session = new SessionTranscript { Protocol = protocol };
            Assert.Equal(SessionEndReason.UpstreamUnavailable, await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{lines[0]}{more}\n{lines[1]}\n{dialect.InternalError}U< <close>"));
            Assert.Contains("Error: upstream sent invalid response: \"more\" while reading response from upstream, login: \"user\", upstream: 127.0.0.1:31500", session.Log);
        }
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task Replies_may_come_before_they_are_asked_for_and_what_is_behind_them_is_the_relays(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var lines = dialect.Upstream.TrimEnd('\n').Split('\n');
        var replies = string.Join("\\r\\n", lines.Where(line => line.StartsWith("U>", StringComparison.Ordinal)).Select(line => line[3..]));
        var rest = string.Join('\n', lines.Where(line => !line.StartsWith("U>", StringComparison.Ordinal)));
        await new SessionTranscript { Protocol = protocol }
            .PlayAsync($"{dialect.Greeting}{dialect.Login}U> {replies}\\r\\nrelayed\\r\\nand\\c\n{rest}\nS: relayed\nS: and\\c\nC: to you\nU< to you\nU>  more\nS:  more");
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_upstream_hears_of_the_client_before_anything_else(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var login = dialect.Greeting + dialect.Login;
        await new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Protocol = ProxyProtocolVersion.On }
            .PlayAsync(login + "U< PROXY TCP4 127.0.0.1 127.0.0.1 51438 31025\n" + dialect.Upstream);
        await new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Protocol = ProxyProtocolVersion.V2, Local = new IPEndPoint(IPAddress.Loopback, 0x7933), Client = new IPEndPoint(IPAddress.Loopback, 0xdc8a) }
            .PlayAsync(login + @"U< \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\x7f\0\0\x01\x7f\0\0\x01\xdc\x8a\x79\x33\x03\0\x04\x7c\x5e\xc0\xb6\c" + "\n" + dialect.Upstream);
        await new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Protocol = ProxyProtocolVersion.On, Client = new UnixDomainSocketEndPoint("/client") }
            .PlayAsync(login + "U< PROXY UNKNOWN\n" + dialect.Upstream);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_proxy_header_of_version_2_in_nginx_words_has_addresses_and_no_more(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var login = dialect.Greeting + dialect.Login;
        await new SessionTranscript { Protocol = protocol, Configure = Binary, Local = new IPEndPoint(IPAddress.Loopback, 0x7933), Client = new IPEndPoint(IPAddress.Loopback, 0xdc8a) }
            .PlayAsync(login + @"U< \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\xdc\x8a\x79\x33\c" + "\n" + dialect.Upstream);
        await new SessionTranscript { Protocol = protocol, Configure = Binary, Client = new UnixDomainSocketEndPoint("/client") }
            .PlayAsync(login + @"U< \r\n\r\n\0\r\nQUIT\n\x20\0\0\0\c" + "\n" + dialect.Upstream);
        await new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.ProtocolForm = ProxyProtocolForm.Binary }.PlayAsync(login + dialect.Upstream);

        static void Binary(ServerOptions server) => (server.Proxy.Protocol, server.Proxy.ProtocolForm) = (ProxyProtocolVersion.On, ProxyProtocolForm.Binary);
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task A_relayed_session_without_traffic_ends_by_proxy_timeout(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol, Configure = server => server.Proxy.Timeout = TimeSpan.FromSeconds(100) };
        Assert.Equal(SessionEndReason.IdleTimeout, await session.PlayAsync($"""
            {dialect.Greeting}{dialect.Login}{dialect.Upstream}T: 99
            U> upstream only
            S: upstream only
            T: 99
            C: client only
            U< client only
            T: 101
            S: <close>
            U< <close>
            """));
        Assert.Contains(session.Log, line => line.StartsWith("Information: client timed out (110: Connection timed out) while proxying, login:", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Dialect.Protocols), MemberType = typeof(Dialect))]
    public async Task The_last_reply_reaches_a_client_that_closed_first(string protocol)
    {
        var dialect = Dialect.Of(protocol);
        var session = new SessionTranscript { Protocol = protocol };
        Assert.Equal(SessionEndReason.Done, await session.PlayAsync($"""
            {dialect.Greeting}{dialect.Login}{dialect.Upstream}C: QUIT
            C: <close>
            U< QUIT
            U> bye
            U> <close>
            S: bye
            S: <close>
            """));
    }

    [Theory]
    [InlineData("C: <reset>", nameof(SessionEndReason.ClientError), "Information: recv() failed (104: Connection reset by peer) while proxying and reading from client")]
    [InlineData("U> <reset>", nameof(SessionEndReason.UpstreamError), "Error: recv() failed (104: Connection reset by peer) while proxying and reading from upstream")]
    public async Task A_relay_ends_when_a_socket_fails(string step, string end, string line)
    {
        foreach (var dialect in Dialect.Names.Select(Dialect.Of))
        {
            var session = new SessionTranscript { Protocol = dialect.Protocol };
            Assert.Equal(end, (await session.PlayAsync($"{dialect.Greeting}{dialect.Login}{dialect.Upstream}{step}\nS: <close>\nU< <close>")).ToString());
            Assert.Contains($"{line}, login: \"user\", upstream: 127.0.0.1:31500", session.Log);
        }
    }

    /// <summary>The upstream's login, cut before each of its replies.</summary>
    private static IEnumerable<string[]> Beginnings(Dialect dialect)
    {
        var lines = dialect.Upstream.TrimEnd('\n').Split('\n')[..^1];
        return Enumerable.Range(0, lines.Length).Where(index => lines[index].StartsWith("U>", StringComparison.Ordinal)).Select(index => lines[..index]).Where(lines => lines.Length > 0);
    }
}

using System.Net;
using System.Net.Sockets;
using MailProxy.Observing;
using MailProxy.Resolving;
using MailProxy.Testing;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Resolving;

public sealed class ClientHostResolverTests : IAsyncDisposable
{
    private const string Reverse = "1.2.0.192.in-addr.arpa";
    private const string Name = "mail.example";
    private static readonly IPEndPoint Client = IPEndPoint.Parse("192.0.2.1:5000");

    private readonly SessionLogContext _context = new();
    private readonly UdpDnsServer _dns = new();
    private readonly RecordingLogger _log = new();
    private readonly ClientHostResolver _resolver = new(new DnsClients(TimeProvider.System));

    public ValueTask DisposeAsync() => _dns.DisposeAsync();

    [Fact]
    public async Task Without_a_resolver_nothing_is_asked_and_nothing_allocated()
    {
        var options = new ResolverOptions();
        Assert.Equal("[UNAVAILABLE]", await _resolver.ResolveAsync(options, Client, _context, _log, CancellationToken.None));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = _resolver.ResolveAsync(options, Client, _context, _log, CancellationToken.None);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(again.IsCompletedSuccessfully);
        Assert.Null(_context.Action);
    }

    [Fact]
    public async Task A_client_on_a_unix_socket_has_no_name()
    {
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(new UnixDomainSocketEndPoint("/x")));
        Assert.Empty(_dns.Questions);
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task A_name_that_leads_back_to_the_client_is_its_name()
    {
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1");
        Assert.Equal(Name, await ResolveAsync(Client));
        Assert.Equal(["1 mail.example", "12 1.2.0.192.in-addr.arpa", "28 mail.example"], _dns.Questions.Order(StringComparer.Ordinal));
        Assert.Equal(SessionAction.ResolvingClientHostname, _context.Action);
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task An_ipv6_client_is_confirmed_by_its_aaaa_record()
    {
        var reverse = string.Concat(Enumerable.Repeat("0.", 23)).Insert(0, "1.") + "8.b.d.0.1.0.0.2.ip6.arpa";
        _dns.WithPointer(reverse, Name).WithAddress(Name, "2001:db8::1").WithAddress(Name, "192.0.2.1");
        Assert.Equal(Name, await ResolveAsync(IPEndPoint.Parse("[2001:db8::1]:25")));
    }

    [Theory]
    [InlineData(true, false, "[UNAVAILABLE]", 1)]
    [InlineData(false, true, "mail.example", 28)]
    public async Task The_families_that_are_off_are_not_asked_for(bool ipv4, bool ipv6, string expected, int asked)
    {
        var reverse = string.Concat(Enumerable.Repeat("0.", 23)).Insert(0, "1.") + "8.b.d.0.1.0.0.2.ip6.arpa";
        _dns.WithPointer(reverse, Name).WithAddress(Name, "2001:db8::1").WithAddress(Name, "192.0.2.1");
        Assert.Equal(expected, await ResolveAsync(IPEndPoint.Parse("[2001:db8::1]:25"), Options(ipv4: ipv4, ipv6: ipv6)));
        Assert.Equal($"{asked} {Name}", Assert.Single(_dns.Questions, question => question.EndsWith(Name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_client_without_a_pointer_record_is_unavailable()
    {
        Assert.Equal("[UNAVAILABLE]", await ResolveAsync(Client));
        Assert.Equal(SessionAction.ResolvingClientAddress, _context.Action);
        AssertLogged("192.0.2.1 could not be resolved (3: Host not found)");
    }

    [Fact]
    public async Task An_answer_without_records_counts_as_not_found()
    {
        _dns.Failing(Reverse, UdpDnsServer.Pointer, 0);
        Assert.Equal("[UNAVAILABLE]", await ResolveAsync(Client));
        AssertLogged("192.0.2.1 could not be resolved (3: Host not found)");
    }

    [Theory]
    [InlineData(1, "Format error")]
    [InlineData(2, "Server failure")]
    [InlineData(4, "Unimplemented")]
    [InlineData(5, "Operation refused")]
    public async Task A_failing_name_server_makes_the_name_temporarily_unavailable(int code, string error)
    {
        _dns.Failing(Reverse, UdpDnsServer.Pointer, code);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged($"192.0.2.1 could not be resolved ({code}: {error})");
    }

    [Fact]
    public async Task An_answer_that_makes_no_sense_is_a_server_failure()
    {
        _dns.Failing(Reverse, UdpDnsServer.Pointer, UdpDnsServer.Garbage);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged("192.0.2.1 could not be resolved (2: Server failure)");
    }

    [Fact]
    public async Task A_name_server_that_is_not_there_is_a_failure_that_may_pass()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        unused.Bind(OwnAddress.NextEndPoint());
        var options = new ResolverOptions { Servers = [(IPEndPoint)unused.LocalEndPoint!], Timeout = TimeSpan.FromMilliseconds(200) };
        unused.Dispose();
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client, options));
        Assert.StartsWith("192.0.2.1 could not be resolved (", Assert.Single(_log.Errors).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xn--99999999.example")]
    [InlineData("-.-")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123.example")]
    public async Task An_odd_name_of_allowed_characters_ends_in_a_log_line_at_worst(string name)
    {
        _dns.WithPointer(Reverse, name[..Math.Min(name.Length, 63)]);
        Assert.StartsWith("[", await ResolveAsync(Client), StringComparison.Ordinal);
        Assert.Contains("could not be resolved (", Assert.Single(_log.Errors).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_addresses_is_unavailable()
    {
        _dns.WithPointer(Reverse, Name);
        Assert.Equal("[UNAVAILABLE]", await ResolveAsync(Client));
        Assert.Equal(SessionAction.ResolvingClientHostname, _context.Action);
        AssertLogged("\"mail.example\" could not be resolved (3: Host not found)");
    }

    [Fact]
    public async Task A_failing_forward_lookup_makes_the_name_temporarily_unavailable()
    {
        _dns.WithPointer(Reverse, Name).Failing(Name, UdpDnsServer.Address, 2);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged("\"mail.example\" could not be resolved (2: Server failure)");
    }

    [Fact]
    public async Task An_address_of_one_family_is_enough_when_the_other_fails()
    {
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1").Failing(Name, UdpDnsServer.LongAddress, 2);
        Assert.Equal(Name, await ResolveAsync(Client));
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_is_unavailable_without_a_line()
    {
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.99");
        Assert.Equal("[UNAVAILABLE]", await ResolveAsync(Client));
        Assert.Empty(_log.All);
    }

    [Theory]
    [InlineData("ma_il.example", "ma_il.example")]
    [InlineData("a b.example", "a b.example")]
    [InlineData("", "")]
    public async Task A_pointer_with_other_characters_is_not_used(string name, string logged)
    {
        _dns.WithPointer(Reverse, name);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged($"192.0.2.1 resolved to invalid host name \"{logged}\"");
        Assert.Single(_dns.Questions);
    }

    [Theory]
    [InlineData("a\r\n250 x.example")]
    [InlineData("a\0b.example")]
    [InlineData("\u00ff.example")]
    public async Task Control_bytes_in_a_pointer_reach_neither_log_nor_session(string name)
    {
        _dns.WithPointer(Reverse, name);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        Assert.StartsWith("192.0.2.1 resolved to invalid host name \"", Assert.Single(_log.Errors).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.All, char.IsControl);
    }

    [Theory]
    [InlineData(Reverse, UdpDnsServer.Pointer, "192.0.2.1 could not be resolved (110: Operation timed out)")]
    [InlineData(Name, UdpDnsServer.Address, "\"mail.example\" could not be resolved (110: Operation timed out)")]
    public async Task A_silent_name_server_times_out(string name, int type, string message)
    {
        _dns.WithPointer(Reverse, Name).Silent(name, type);
        var time = new FakeTimeProvider();
        var resolving = new ClientHostResolver(new DnsClients(time)).ResolveAsync(Options(), Client, _context, _log, CancellationToken.None).AsTask();
        await _dns.Silenced.Task.WaitAsync(Attempts.Deadline);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(resolving.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("[TEMPUNAVAIL]", await resolving.WaitAsync(Attempts.Deadline));
        AssertLogged(message);
    }

    [Theory]
    [InlineData(UdpDnsServer.Garbage)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Where_one_name_server_fails_another_is_asked_at_once(int code)
    {
        await using var broken = Broken(code);
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1");
        Assert.Equal(Name, await ResolveAsync(Client, Options(broken)));
        Assert.Empty(_log.All);
        // The forward lookups knew it already.
        Assert.Single(broken.Questions);
    }

    [Fact]
    public async Task Where_one_name_server_says_nothing_another_is_asked_from_the_first_question_on_and_first_from_then_on()
    {
        await using var silent = new UdpDnsServer { IsSilent = true };
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1").WithPointer("2.2.0.192.in-addr.arpa", Name);
        Assert.Equal(Name, await ResolveAsync(Client, Options(silent)));
        Assert.Equal("[UNAVAILABLE]", await ResolveAsync(IPEndPoint.Parse("192.0.2.2:25"), Options(silent)));
        Assert.Equal([$"12 {Reverse}"], silent.Questions);
        Assert.Empty(_log.All);

        // It comes back when the other goes.
        silent.WithPointer("3.2.0.192.in-addr.arpa", Name).WithAddress(Name, "192.0.2.3").IsSilent = false;
        _dns.IsSilent = true;
        Assert.Equal(Name, await ResolveAsync(IPEndPoint.Parse("192.0.2.3:25"), Options(silent, valid: TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public async Task All_name_servers_that_fail_make_the_name_temporarily_unavailable_without_waiting()
    {
        await using var broken = Broken(5);
        _dns.Failing(Reverse, UdpDnsServer.Pointer, 2);
        var resolving = new ClientHostResolver(new DnsClients(new FakeTimeProvider())).ResolveAsync(Options(broken), Client, _context, _log, CancellationToken.None);
        Assert.Equal("[TEMPUNAVAIL]", await resolving.AsTask().WaitAsync(Attempts.Deadline));
        AssertLogged("192.0.2.1 could not be resolved (2: Server failure)");
    }

    [Theory]
    [InlineData(UdpDnsServer.Address)]
    [InlineData(UdpDnsServer.Alias)]
    [InlineData(UdpDnsServer.Text)]
    public async Task An_answer_of_another_type_is_a_failure_of_the_server_and_not_kept(int type)
    {
        _dns.WithOther(Reverse, UdpDnsServer.Pointer, type);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged("192.0.2.1 could not be resolved (2: Server failure)");
        await using var good = new UdpDnsServer().WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1");
        Assert.Equal(Name, await ResolveAsync(Client, new ResolverOptions { Servers = [_dns.EndPoint, good.EndPoint] }));
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1");
        Assert.Equal(Name, await ResolveAsync(Client));
    }

    [Fact]
    public async Task A_pointer_behind_an_alias_is_the_name()
    {
        _dns.WithAliasedPointer(Reverse, Name).WithAddress(Name, "192.0.2.1").WithOther(Name, UdpDnsServer.LongAddress, UdpDnsServer.Alias);
        Assert.Equal(Name, await ResolveAsync(Client));
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task An_address_lookup_answered_by_another_type_is_a_failure()
    {
        _dns.WithPointer(Reverse, Name).WithOther(Name, UdpDnsServer.Address, UdpDnsServer.Pointer).WithOther(Name, UdpDnsServer.LongAddress, UdpDnsServer.Alias);
        Assert.Equal("[TEMPUNAVAIL]", await ResolveAsync(Client));
        AssertLogged("\"mail.example\" could not be resolved (2: Server failure)");
    }

    [Fact]
    public async Task A_closing_session_does_not_wait_for_dns()
    {
        _dns.Silent(Reverse, UdpDnsServer.Pointer);
        using var closing = new CancellationTokenSource();
        var resolving = _resolver.ResolveAsync(Options(), Client, _context, _log, closing.Token).AsTask();
        await _dns.Silenced.Task.WaitAsync(Attempts.Deadline);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolving.WaitAsync(Attempts.Deadline));
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task Answers_are_kept_for_their_time_to_live()
    {
        _dns.WithPointer(Reverse, Name).WithAddress(Name, "192.0.2.1");
        await ResolveAsync(Client);
        await ResolveAsync(Client);
        Assert.Single(_dns.Questions, question => question.StartsWith("12 ", StringComparison.Ordinal));
        Assert.Single(_dns.Questions, question => question.StartsWith("1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_without_time_to_live_is_asked_again_unless_valid_says_otherwise()
    {
        _dns.WithPointer(Reverse, Name, ttl: 0).WithAddress(Name, "192.0.2.1");
        await ResolveAsync(Client);
        await ResolveAsync(Client);
        Assert.Equal(2, _dns.Questions.Count(question => question.StartsWith("12 ", StringComparison.Ordinal)));
        await ResolveAsync(Client, Options(valid: TimeSpan.FromMinutes(5)));
        await ResolveAsync(Client, Options(valid: TimeSpan.FromMinutes(5)));
        Assert.Equal(3, _dns.Questions.Count(question => question.StartsWith("12 ", StringComparison.Ordinal)));
    }

    private static UdpDnsServer Broken(int code) => new UdpDnsServer()
        .Failing(Reverse, UdpDnsServer.Pointer, code).Failing(Name, UdpDnsServer.Address, code).Failing(Name, UdpDnsServer.LongAddress, code);

    private ResolverOptions Options(UdpDnsServer first, TimeSpan? valid = null) => new() { Servers = [first.EndPoint, _dns.EndPoint], Valid = valid };

    private ResolverOptions Options(bool ipv4 = true, bool ipv6 = true, TimeSpan? valid = null) =>
        new() { Servers = [_dns.EndPoint], Ipv4 = ipv4, Ipv6 = ipv6, Valid = valid };

    private async Task<string> ResolveAsync(EndPoint client, ResolverOptions? options = null) =>
        await _resolver.ResolveAsync(options ?? Options(), client, _context, _log, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);

    private void AssertLogged(string text) => Assert.Equal((LogLevel.Error, text), Assert.Single(_log.Errors));
}

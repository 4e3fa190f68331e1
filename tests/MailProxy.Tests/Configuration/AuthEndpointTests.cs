using MailProxy.Authentication;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Tests.Configuration;

/// <summary><c>auth_endpoint_key</c>, and the users of <c>auth_http internal</c>.</summary>
public sealed class AuthEndpointTests : IDisposable
{
    private readonly TestConf _conf = new();

    public void Dispose() => _conf.Dispose();

    [Fact]
    public void The_key_stands_in_the_file_itself_or_in_one_of_its_own()
    {
        _conf.Write("key", "s3cret\n");
        Assert.Equal("k3y", _conf.Options(With("auth_endpoint_key k3y;")).AuthEndpointKey);
        Assert.Equal("s3cret", _conf.Options(With("auth_endpoint_key file:key;")).AuthEndpointKey);
        Assert.Equal("other", _conf.Options(With("auth_endpoint_key k3y;"), null, ("Mail:AuthEndpointKey", "other")).AuthEndpointKey);
        Assert.Equal("", _conf.Options(With("")).AuthEndpointKey);
    }

    [Theory]
    [InlineData("auth_endpoint_key \"\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key \"a\\nb\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key \" k\";", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key file:empty;", "\"auth_endpoint_key\" directive invalid value")]
    [InlineData("auth_endpoint_key file:missing;", "cannot read \"missing\": Could not find file 'missing'.")]
    [InlineData("auth_endpoint_key a; auth_endpoint_key b;", "\"auth_endpoint_key\" directive is duplicate")]
    public void A_key_that_none_could_send_is_refused(string line, string message)
    {
        _conf.Write("empty", "\n");
        Assert.Equal([$"[emerg] {message} in c:1"], _conf.Texts(_conf.Load(With(line))).Select(text => text.Replace(_conf.Directory + "/", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Internal_asks_the_embedded_directory_where_no_passdb_is_written()
    {
        var options = _conf.Options("events {} mail { auth_http internal; server { listen 143; } }");
        Assert.True(Assert.Single(options.Servers).AuthHttp.IsInternal);
        var users = Assert.Single(options.Passdb);
        Assert.Equal(("sqlite", "users.db"), (users.Driver, Path.GetFileName(users.Path)));
        Assert.Equal("static", Assert.Single(_conf.Options("events {} mail { passdb static; auth_http internal; server { listen 143; } }").Passdb).Driver);
        Assert.Empty(_conf.Options(With("")).Passdb);
    }

    [Theory]
    [InlineData("passdb static;", "proxy_smtp_auth off;", "passdb static in c:2 checks no password, and with \"proxy_smtp_auth off\" no upstream would in c:3")]
    [InlineData("passdb sqlite u; passdb static host=10.0.0.1;", "smtp_auth login; proxy_smtp_auth off;", "passdb static in c:2 checks no password, and with \"proxy_smtp_auth off\" no upstream would in c:3")]
    [InlineData("passdb static;", "smtp_auth plain cram-md5;", "\"smtp_auth cram-md5\" needs stored passwords, and passdb static in c:2 has none, for server in c:3")]
    [InlineData("passdb static;", "", null)]
    [InlineData("passdb static;", "proxy_smtp_auth on;", null)]
    [InlineData("passdb static;", "smtp_auth none; proxy_smtp_auth off;", null)]
    [InlineData("passdb static \"password={PLAIN}x\";", "proxy_smtp_auth off;", null)]
    [InlineData("passdb sqlite u;", "smtp_auth plain cram-md5; proxy_smtp_auth off;", null)]
    [InlineData("passdb static;", "auth_http 127.0.0.1:9; proxy_smtp_auth off;", null)]
    [InlineData("passdb sqlite u; passdb static;", "smtp_auth plain cram-md5;", null)]
    public void A_password_that_neither_passdb_nor_the_upstream_would_check_is_refused(string passdb, string line, string? message)
    {
        var server = line.Contains("auth_http", StringComparison.Ordinal) ? line : "auth_http internal; " + line;
        var result = _conf.Load($"events {{}} mail {{\n{passdb}\nserver {{ listen 127.0.0.1:1025; protocol smtp; {server} }} }}");
        Assert.Equal(message is null ? [] : [$"[emerg] {message}"], _conf.Texts(result).Select(text => text.Replace(_conf.Directory + "/", "", StringComparison.Ordinal)));
    }

    private static string With(string line) => $"events {{}} mail {{ {line} auth_http 127.0.0.1:9; server {{ listen 143; }} }}";
}

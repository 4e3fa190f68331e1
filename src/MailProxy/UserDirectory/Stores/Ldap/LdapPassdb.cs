using System.Text;
using MailProxy.Authentication;
using MailProxy.Protocols;
using MailProxy.UserDirectory.Passwords;
using MailProxy.Wire;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores.Ldap;

/// <summary><c>passdb ldap</c>: finds the user's entry, then tries to bind as the user.</summary>
internal sealed class LdapPassdb : IPassdb
{
    private readonly PassdbOptions _options;
    private readonly ILogger _log;
    private readonly string[] _attributes;
    private readonly BoundedWork _work = new("requests to the LDAP server", atOnce: 16, mostWaiting: 1024);
    private readonly BoundedWork _checkWork = new("checks of the LDAP server", atOnce: 1, mostWaiting: 1);
    private readonly LdapConnections _searches;
    private readonly LdapConnections _binds;
    private readonly LdapConnections _checks;
    private readonly TimeProvider _time;

    /// <summary>An entry that is not there. No user's, whom the server might lock out for it.</summary>
    private readonly string _nobody;

    /// <summary>How long the server took the last time to find a user's password wrong, which may have a slow hash. For an entry that is not there it hashes nothing.</summary>
    private long _refusalTicks;

    public LdapPassdb(PassdbOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _log = log;
        _time = time;
        _nobody = $"cn=mailproxy-{Guid.NewGuid():N}{(options.Base.Length > 0 ? "," : "")}{options.Base}";
        _attributes = [.. new[] { options.UpstreamAttr, options.HostAttr, options.PortAttr, options.UserAttr }.Where(name => name.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        _searches = new LdapConnections(options, time, BindAsService);
        _checks = new LdapConnections(options, time, BindAsService);
        _binds = new LdapConnections(options, time, _ => { });
        _work.Start(threads: 1);
    }

    public string Driver => _options.Driver;

    public string Source => _options.Source;

    public async ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken)
    {
        if (!StoredPassdb.TryReadLogin(query.Credentials, out var login)) return new PassdbResult(PassdbStatus.UnknownUser);
        try
        {
            return await AnswerLimit.RunAsync(token => _work.RunAsync(() => Authenticate(login, query), token), AnswerLimit.Usual, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is PassdbException or LdapException)
        {
            PassdbLog.Unavailable(_log, Driver, _options.Source, exception.Message, PeerText.ToText(query.Credentials.Login));
            return new PassdbResult(PassdbStatus.Unavailable);
        }
    }

    public async ValueTask<bool> SpendTimeAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        try
        {
            // Without a password nobody is bound.
            if (credentials.Secret.Length > 0) await AnswerLimit.RunAsync(token => _work.RunAsync(() => BindAsNobody(credentials.Secret), token), AnswerLimit.Usual, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is PassdbException or LdapException)
        {
            return false;
        }

        var left = TimeSpan.FromTicks(Interlocked.Read(ref _refusalTicks)) - _time.GetElapsedTime(began);
        if (credentials.Secret.Length > 0 && left > TimeSpan.Zero) await Task.Delay(left, _time, cancellationToken);
        return true;
    }

    public async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _checkWork.RunAsync(() => _checks.Use(connection => connection.Search("", LibLdap.ScopeBase, "(objectClass=*)", [])), cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is PassdbException or LdapException)
        {
            return exception.Message;
        }
    }

    public ValueTask DisposeAsync()
    {
        _work.Dispose();
        _checkWork.Dispose();
        foreach (var connections in new[] { _searches, _binds, _checks }) connections.Dispose();
        return ValueTask.CompletedTask;
    }

    private void BindAsService(LdapConnection connection) => connection.Bind(_options.BindDn, Encoding.UTF8.GetBytes(_options.BindPassword));

    private PassdbResult Authenticate(string login, PassdbQuery query)
    {
        var credentials = query.Credentials;
        var isSearched = _options.Dn.Length == 0 || credentials.Method is AuthMethod.External or AuthMethod.None;
        var entry = isSearched ? Find(login) : new LdapEntry(LdapText.Dn(_options.Dn, login), new Dictionary<string, string?>());
        if (entry is null)
        {
            PassdbLog.UnknownUser(_log, Driver, PeerText.ToText(credentials.Login));
            return new PassdbResult(PassdbStatus.UnknownUser);
        }

        if (credentials.Method is AuthMethod.External or AuthMethod.None) return Accept(entry, query.Protocol);
        if (credentials.Method != AuthMethod.Plain)
        {
            PassdbLog.NoPlainPassword(_log, Driver, PeerText.ToText(credentials.Login), Credentials.NameOf(credentials.Method));
            return new PassdbResult(PassdbStatus.WrongPassword);
        }

        // Without a name, or without a password, a server binds anybody: as nobody.
        var isProof = entry.Dn.Length > 0 && credentials.Secret.Length > 0;
        if (isProof && Bind(entry, credentials.Secret) is { } bound) return Accept(bound, query.Protocol) with { Proof = ProofCheck.Directory };
        PassdbLog.WrongPassword(_log, Driver, PeerText.ToText(credentials.Login));
        return new PassdbResult(PassdbStatus.WrongPassword);
    }

    private LdapEntry? Find(string login)
    {
        var isNamed = _options.Dn.Length > 0;
        try
        {
            var entries = _searches.Use(connection => isNamed
                ? connection.Search(LdapText.Dn(_options.Dn, login), LibLdap.ScopeBase, "(objectClass=*)", _attributes)
                : connection.Search(_options.Base, LibLdap.ScopeSubtree, LdapText.Filter(_options.Filter, login), _attributes));
            return entries switch
            {
                [] => null,
                [var entry] => entry,
                _ => throw new PassdbException("the filter matches more than one entry"),
            };
        }
        catch (LdapException exception) when (exception.Code == LibLdap.NoSuchObject && isNamed)
        {
            return null;
        }
    }

    /// <summary>Binds as the user.</summary>
    /// <returns>The user's entry, which a name alone is not; null where the password is wrong.</returns>
    private LdapEntry? Bind(LdapEntry entry, byte[] password)
    {
        var began = _time.GetTimestamp();
        try
        {
            return _binds.Use(connection =>
            {
                connection.Bind(entry.Dn, password);
                if (entry.Attributes.Count == _attributes.Length) return entry;
                return connection.Search(entry.Dn, LibLdap.ScopeBase, "(objectClass=*)", _attributes) is [var read, ..] ? read : entry;
            });
        }
        catch (LdapException exception) when (exception.Code is LibLdap.InvalidCredentials or LibLdap.InappropriateAuthentication)
        {
            Interlocked.Exchange(ref _refusalTicks, _time.GetElapsedTime(began).Ticks);
            return null;
        }
    }

    private bool BindAsNobody(byte[] password)
    {
        try
        {
            return _binds.Use(connection =>
            {
                connection.Bind(_nobody, password);
                return true;
            });
        }
        catch (LdapException exception) when (exception.Code > 0)
        {
            return false;                                  // what was to be expected
        }
    }

    private PassdbResult Accept(LdapEntry entry, MailProtocol protocol)
    {
        string? Attribute(string name) => name.Length == 0 ? null : entry.Attributes.GetValueOrDefault(name);
        var user = new PassdbUser { Upstream = Attribute(_options.UpstreamAttr), Host = Attribute(_options.HostAttr), Port = Attribute(_options.PortAttr), User = Attribute(_options.UserAttr) };
        return UserDestination.Accept(user, _options, protocol);
    }
}

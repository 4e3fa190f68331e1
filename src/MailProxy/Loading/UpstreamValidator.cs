using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Protocols;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.UserDirectory;

namespace MailProxy.Loading;

/// <summary>What can only be said of <c>upstream</c> groups, and of those who pass to them, once everything is read and inherited.</summary>
internal sealed class UpstreamValidator(MailProtocols protocols, HostLookup lookup, List<ConfigurationMessage> messages)
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks groups and servers.</summary>
    /// <param name="loaded">What was loaded.</param>
    /// <param name="isComplete">Whether every source was read to its end: otherwise nothing is missing for certain.</param>
    public void Validate(OptionsLoader loaded, bool isComplete)
    {
        foreach (var group in loaded.Groups)
        {
            CheckName(group);
            if (isComplete) CheckServers(group);
            CheckBackups(group);
        }

        if (!isComplete) return;
        foreach (var server in loaded.Servers.Where(server => server.Options.Proxy.Pass is not null))
        {
            CheckPass(server.Options.Proxy.Pass!, server.Settings["Proxy:Pass"]!.Where);
            if (server.Options.AuthHttp.Url.Count == 0 && !server.Settings.HasFailed("AuthHttp:Url")) CheckMechanisms(server.Options);
        }
    }

    /// <summary>Where passdb checks no password, the upstream must be able to.</summary>
    public void ValidateProofs(IReadOnlyList<LoadedBlock<ServerOptions>> servers, IList<PassdbOptions> passdbs)
    {
        if (passdbs.FirstOrDefault(passdb => passdb.TakesAnyPassword) is not { } open) return;
        foreach (var server in servers.Where(server => server.Options.AuthHttp.IsInternal))
        {
            var (options, mechanisms) = (server.Options, MechanismsOf(server.Options));
            if (mechanisms.Any(mechanism => mechanism is "plain" or "login") && protocols.Find(options.Protocol)?.UpstreamLoginSwitch is { } path && server.Settings[path] is { HasFailed: false, Value: false } off)
                Error($"passdb {open.Driver} in {open.Source} checks no password, and with \"proxy_{options.Protocol}_auth off\" no upstream would in {off.Where}");
            if (!passdbs.All(passdb => passdb.TakesAnyPassword)) continue;
            foreach (var mechanism in mechanisms.Where(mechanism => mechanism is "apop" or "cram-md5"))
                Error($"\"{options.Protocol}_auth {mechanism}\" needs stored passwords, and passdb {open.Driver} in {open.Source} has none, for server in {options.Source}");
        }
    }

    /// <summary>Checks where users of the directory go that do not say so themselves. To be called behind <see cref="Validate"/>, which knows the groups.</summary>
    public void ValidatePassdb(PassdbOptions passdb)
    {
        var isCertain = passdb.Upstream.Length > 0 && !passdb.Upstream.Contains(':', StringComparison.Ordinal) && !passdb.Upstream.Contains('$', StringComparison.Ordinal);
        if (isCertain && !_names.Contains(passdb.Upstream)) Error($"unknown upstream \"{passdb.Upstream}\" of passdb {passdb.Driver} in {passdb.Source}");
    }

    private void CheckName(LoadedBlock<UpstreamGroupOptions> group)
    {
        var name = group.Options.Name;
        var where = group.Settings[nameof(UpstreamGroupOptions.Name)]?.Where ?? group.Options.Source;
        // Under any other name nobody could pass to it.
        var isName = TextGrammar.IsOneLine(name) && !NetAddress.IsUnix(name) && NetAddress.ReadUpstream(name, out var address) is null && address.ToString() == name && address.Port is null;
        if (!isName) Error($"invalid upstream name \"{name}\" in {where}");
        else if (!_names.Add(name)) Error($"duplicate upstream \"{name}\" in {where}");
    }

    private void CheckServers(LoadedBlock<UpstreamGroupOptions> group)
    {
        var options = group.Options;
        if (options.Servers.Count == 0 && !HasFailed(nameof(BalancingOptions.Servers))) Error($"no servers are inside upstream in {options.Source}");
        else if (options.Servers.Count > 0 && options.Servers.All(server => server.Backup)) Error($"no servers in upstream \"{options.Name}\" in {options.Source}");
        if (IsHash(options.Balancing.Method) && options.Balancing.HashKey is null && !HasFailed(nameof(BalancingOptions.HashKey))) Error($"no key is defined for \"hash\" in {options.Source}");
        if (options.ProxyTls is { Certificate.Length: > 0 } tls && string.IsNullOrEmpty(tls.CertificateKey) && !HasFailed("ProxyTls:CertificateKey"))
            Error($"no \"proxy_ssl_certificate_key\" is defined for certificate \"{tls.Certificate}\"");

        bool HasFailed(string path) => group.Settings.HasFailed(path);
    }

    /// <summary>nginx sees only a <c>backup</c> that stands behind the method, and forgets any other.</summary>
    private void CheckBackups(LoadedBlock<UpstreamGroupOptions> group)
    {
        if (!IsHash(group.Options.Balancing.Method) && group.Options.Balancing.Method is not (UpstreamMethod.Random or UpstreamMethod.RandomTwo)) return;
        foreach (var (_, item) in group.Settings.Items<UpstreamServerOptions>(nameof(BalancingOptions.Servers)).Where(server => server.Item.IsFirst && server.Value.Backup))
            Error($"balancing method does not support parameter \"backup\" in {item.Where}");
    }

    private void CheckPass(UpstreamAddress pass, string where)
    {
        var isGroup = _names.Contains(pass.Host);
        var error = (isGroup, pass.Port) switch
        {
            (true, { } port) => $"upstream \"{pass.Host}\" may not have port {port}",
            (true, null) => null,
            (false, null) => NetAddress.IsUnix(pass.Host) ? null : $"no port in upstream \"{pass.Host}\"",
            (false, _) => pass.Literal is not null || lookup(pass.Host).Count > 0 ? null : $"host not found in upstream \"{pass.Host}\"",
        };
        if (error is not null) Error($"{error} in {where}");
    }

    /// <summary>What only a server that knows the passwords can check cannot be passed on.</summary>
    private void CheckMechanisms(ServerOptions server)
    {
        foreach (var mechanism in MechanismsOf(server).Where(mechanism => mechanism is "apop" or "cram-md5" or "external"))
            Error($"\"{server.Protocol}_auth {mechanism}\" needs an auth server, and no \"auth_http\" is defined for server in {server.Source}");
    }

    private IList<string> MechanismsOf(ServerOptions server) => protocols.Find(server.Protocol)?.MechanismsOf(server) ?? [];

    private static bool IsHash(UpstreamMethod method) => method is UpstreamMethod.Hash or UpstreamMethod.ConsistentHash;

    private void Error(string text) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, text));
}

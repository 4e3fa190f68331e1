using System.Collections;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Transport.Tls;

namespace MailProxy.Tls;

/// <summary>The words of <c>ssl_session_cache</c>.</summary>
internal sealed class SessionCacheGrammar : WordGrammar
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string Syntax(ValueAttribute attribute) => "off | none | [builtin[:n]] [shared:name:size]";

    public override IList CreateList() => new List<SessionCacheSetting>();

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var parts = text.Split(':', 3);
        value = parts switch
        {
            ["off"] => new SessionCacheSetting(SessionCacheKind.Off),
            ["none"] => new SessionCacheSetting(SessionCacheKind.None),
            ["builtin"] => new SessionCacheSetting(SessionCacheKind.Builtin),
            ["builtin", var count] when Number.Parse(count) is { } size => new SessionCacheSetting(SessionCacheKind.Builtin, size),
            ["shared", { Length: > 0 } zone, var bytes] when Number.ParseSize(bytes) is { } size => new SessionCacheSetting(SessionCacheKind.Shared, size, zone),
            _ => null,
        };
        return value switch
        {
            null => call.Report.Fail($"invalid session cache \"{text}\""),
            SessionCacheSetting { Zone: not null, Size: var size } when size < ZoneGrammar.LeastSize => call.Report.Fail($"session cache \"{text}\" is too small"),
            SessionCacheSetting { Zone: { } zone, Size: { } size } when !call.Context.ZoneSizes.TryAdd(zone, size) && call.Context.ZoneSizes[zone] != size =>
                call.Report.Fail($"the size {size} of shared memory zone \"{zone}\" conflicts with already declared size {call.Context.ZoneSizes[zone]}"),
            _ => true,
        };
    }
}

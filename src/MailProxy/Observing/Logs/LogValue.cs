using System.Globalization;
using System.Net;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary>The value of a variable.</summary>
/// <param name="Text">The value; null where it is unset.</param>
/// <param name="IsNumber">Whether it is a number in JSON too.</param>
internal readonly record struct LogValue(string? Text, bool IsNumber = false)
{
    private static readonly string HostName = Dns.GetHostName();

    /// <summary>The bytes that a peer sent, where <see cref="Text"/> would not have them all.</summary>
    public byte[]? Bytes { get; private init; }

    /// <param name="variable">The variable.</param>
    /// <param name="record">A session that has ended.</param>
    /// <param name="now">When it did, in local time.</param>
    public static LogValue Of(LogVariable variable, SessionRecord record, DateTimeOffset now) => variable switch
    {
        LogVariable.TimeIso8601 => new(now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture)),
        LogVariable.TimeLocal => new(now.ToString("dd/MMM/yyyy:HH:mm:ss ", CultureInfo.InvariantCulture) + now.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal)),
        LogVariable.Msec => Seconds(now - DateTimeOffset.UnixEpoch),
        LogVariable.Connection => Number(record.Connection),
        LogVariable.Status => new(SnakeCase.Of(record.EndReason)),
        LogVariable.SessionTime => Seconds(record.Duration),
        LogVariable.Protocol => new(record.Server.Protocol),
        LogVariable.RemoteAddr => Address(record.Client),
        LogVariable.RemotePort => Port(record.Client),
        LogVariable.ServerAddr => Address(record.Local),
        LogVariable.ServerPort => Port(record.Local),
        LogVariable.ServerName => new(record.Server.ServerName),
        LogVariable.SslProtocol => new(record.TlsProtocol),
        LogVariable.SslCipher => new(record.TlsCipher),
        LogVariable.SslServerName => new(record.TlsServerName),
        LogVariable.AuthUser => new(record.LoginText) { Bytes = record.Login },
        LogVariable.AuthMethod => new(record.AuthMethod),
        LogVariable.AuthStatus => new(record.AuthResult is { } result ? SnakeCase.Of(result) : null),
        LogVariable.UpstreamAddr => new(record.Upstreams),
        LogVariable.UpstreamConnectTime => Seconds(record.ConnectTime),
        LogVariable.UpstreamLoginTime => Seconds(record.LoginTime),
        LogVariable.UpstreamBytesSent => Number(record.UpstreamBytesSent),
        LogVariable.UpstreamBytesReceived => Number(record.UpstreamBytesReceived),
        LogVariable.BytesSent => Number(record.BytesSent),
        LogVariable.BytesReceived => Number(record.BytesReceived),
        LogVariable.Hostname => new(HostName),
        _ => Number(Environment.ProcessId),
    };

    private static LogValue Number(long? number) => new(number?.ToString(CultureInfo.InvariantCulture), IsNumber: true);

    private static LogValue Seconds(TimeSpan? time) => new(time?.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture), IsNumber: true);

    private static LogValue Address(EndPoint? endPoint) => new(endPoint is null ? null : NginxAddress.WithoutPort(endPoint));

    private static LogValue Port(EndPoint? endPoint) => Number((endPoint as IPEndPoint)?.Port);
}

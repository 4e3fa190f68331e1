using System.Buffers;
using System.Text.Json;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary>One <c>access_log</c>: a line for each session.</summary>
/// <param name="sink">Where to.</param>
/// <param name="severity">The line's level, which only syslog has.</param>
/// <param name="format">How it looks.</param>
internal sealed class AccessLog(LogSink sink, ErrorLogLevel severity, AccessLogFormat format)
{
    public void Write(SessionRecord record, DateTimeOffset now)
    {
        var line = new ArrayBufferWriter<byte>(512);
        format.Write(line, record, now);
        line.Write("\n"u8);
        sink.Write(line.WrittenSpan, severity, now);
    }
}

/// <summary>How the lines of an access log look.</summary>
internal abstract class AccessLogFormat
{
    private const string Combined =
        "$remote_addr - $auth_user [$time_local] \"$protocol $auth_method $auth_status\" $status $bytes_sent $bytes_received $session_time \"$upstream_addr\" $upstream_connect_time $upstream_login_time";

    /// <param name="name">What <c>access_log</c> says.</param>
    /// <param name="formats">The formats of <c>log_format</c>, among which the name is if it is not predefined.</param>
    public static AccessLogFormat Find(string name, IEnumerable<LogFormatOptions> formats) => name switch
    {
        LogFormatOptions.Json => new WholeFormat(),
        LogFormatOptions.Combined => new PartsFormat(LogFormatText.Parse(Combined), LogEscape.Default),
        _ => Compile(formats.First(format => format.Name == name)),
    };

    public abstract void Write(IBufferWriter<byte> line, SessionRecord record, DateTimeOffset now);

    private static PartsFormat Compile(LogFormatOptions format) => new(LogFormatText.Parse(format.Format), format.Escape);

    /// <summary>What <c>log_format</c> says.</summary>
    private sealed class PartsFormat(IReadOnlyList<LogFormatPart> parts, LogEscape escape) : AccessLogFormat
    {
        public override void Write(IBufferWriter<byte> line, SessionRecord record, DateTimeOffset now)
        {
            foreach (var part in parts)
            {
                if (part.Variable is { } variable) LogEscaping.Write(line, LogValue.Of(variable, record, now), escape);
                else LogEscaping.WriteRaw(line, part.Literal);
            }
        }
    }

    /// <summary>Every variable as JSON, numbers as numbers, what is unset as null.</summary>
    private sealed class WholeFormat : AccessLogFormat
    {
        private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        private static readonly (LogVariable Variable, JsonEncodedText Name)[] Variables = [.. Enum.GetValues<LogVariable>().Select(variable => (variable, JsonEncodedText.Encode(SnakeCase.Of(variable))))];

        public override void Write(IBufferWriter<byte> line, SessionRecord record, DateTimeOffset now)
        {
            using var json = new Utf8JsonWriter(line, Options);
            json.WriteStartObject();
            foreach (var (variable, name) in Variables)
            {
                var value = LogValue.Of(variable, record, now);
                json.WritePropertyName(name);
                if (value.Text is not { } text) json.WriteNullValue();
                else if (value.IsNumber) json.WriteRawValue(text);
                else json.WriteStringValue(text);
            }

            json.WriteEndObject();
        }
    }
}

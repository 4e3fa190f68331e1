using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A time; as a configuration key <c>hh:mm:ss</c>.</summary>
internal abstract class TimeGrammar(bool inSeconds) : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "time";

    public override bool TryRead(string text, WordCall call, out object? value) =>
        Accept(NginxTime.TryParse(text, inSeconds, out var time) ? time : null, "", call, out value);

    public override bool TryReadKey(string text, WordCall call, out object? value) => Accept(OptionText.ParseTime(text), KeyHint(text), call, out value);

    public override string KeyHint(string text) => OptionText.ParseTime(text) is null ? ", it must be hh:mm:ss" : "";

    private static bool Accept(TimeSpan? time, string hint, WordCall call, out object? value)
    {
        value = time;
        return time >= TimeSpan.FromTicks(call.Attribute.Minimum) || call.Fail($"invalid value{hint}");
    }
}

/// <summary>A time down to milliseconds: no years, no months.</summary>
internal sealed class MillisecondsGrammar() : TimeGrammar(inSeconds: false);

/// <summary>A time down to seconds.</summary>
internal sealed class SecondsGrammar() : TimeGrammar(inSeconds: true);

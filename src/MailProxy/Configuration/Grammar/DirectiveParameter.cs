using System.Globalization;
using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A parameter of a directive, <c>name=value</c> or <c>name</c> alone, which sets one property.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Property">The property.</param>
/// <param name="Kind">What its value is: a flag has none.</param>
/// <param name="Minimum">The least number; of a time, 1 keeps it from being 0.</param>
internal sealed record DirectiveParameter(string Name, string Property, DirectiveKind Kind, int Minimum = 0)
{
    /// <summary>The words of a choice.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>Reads words by the parameters that a directive has.</summary>
    public static IEnumerable<(string Property, string Value)> Read(IEnumerable<string> words, DirectiveParameter[] parameters, Report report)
    {
        foreach (var word in words)
        {
            var equals = word.IndexOf('=');
            var parameter = Array.Find(parameters, parameter => parameter.Name == (equals < 0 ? word : word[..equals]) && parameter.Kind == DirectiveKind.Flag == equals < 0);
            var value = equals < 0 ? "true" : parameter?.ReadValue(word[(equals + 1)..]);
            if (parameter is not null && value is not null) yield return (parameter.Property, value);
            else report.Error($"invalid parameter \"{word}\"");
        }
    }

    /// <summary>Reads the value of a configuration key, where times are <c>hh:mm:ss</c>.</summary>
    public void ReadKey(string text, Report report, List<string> values)
    {
        var isTime = Kind is DirectiveKind.Seconds or DirectiveKind.Milliseconds;
        var time = isTime ? OptionValue.ParseTime(text) : null;
        var value = isTime ? ReadTime(time) : ReadValue(text);
        if (value is not null) values.Add(value);
        else report.Error($"invalid parameter \"{Name}={text}\"{(isTime && time is null ? ", it must be hh:mm:ss" : "")}");
    }

    private string? ReadValue(string text) => Kind switch
    {
        DirectiveKind.Number => DirectiveValue.ParseNumber(text) is { } number && number >= Minimum ? number.ToString(CultureInfo.InvariantCulture) : null,
        DirectiveKind.Seconds or DirectiveKind.Milliseconds => ReadTime(NginxTime.TryParse(text, Kind == DirectiveKind.Seconds, out var time) ? time : null),
        DirectiveKind.Choice => Words.Contains(text) ? text : null,
        _ => text,
    };

    private string? ReadTime(TimeSpan? time) => time is { } value && (value > TimeSpan.Zero || Minimum == 0) ? value.ToString("c") : null;
}

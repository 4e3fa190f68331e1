namespace MailProxy.Configuration.Grammar;

/// <summary>nginx's notation of times: <c>1h 30m</c>, <c>1d12h</c>, <c>500ms</c>; a bare number is seconds.</summary>
internal static class NginxTime
{
    /// <summary>Beyond this no clock of ours counts: a hundred years.</summary>
    private const decimal Longest = 36_500m * 24 * 60 * 60 * 1000;

    /// <summary>The units from the longest on, with what they are in milliseconds. They must come in this order.</summary>
    private static readonly (string Name, long Milliseconds)[] Units =
    [
        ("y", 365L * 24 * 60 * 60 * 1000),
        ("M", 30L * 24 * 60 * 60 * 1000),
        ("w", 7L * 24 * 60 * 60 * 1000),
        ("d", 24L * 60 * 60 * 1000),
        ("h", 60L * 60 * 1000),
        ("m", 60L * 1000),
        ("s", 1000),
        ("ms", 1),
        // A number before a space is seconds as well, and only one more number may follow it.
        (" ", 1000),
    ];

    private const int FirstOfMilliseconds = 2;
    private const int Seconds = 6;
    private const int Ms = 7;
    private const int Space = 8;

    /// <summary>Reads a time.</summary>
    /// <param name="text">The text.</param>
    /// <param name="inSeconds">Whether its resolution is seconds: years and months are then allowed, milliseconds are not.</param>
    /// <param name="time">The time.</param>
    public static bool TryParse(string text, bool inSeconds, out TimeSpan time)
    {
        time = default;
        var next = inSeconds ? 0 : FirstOfMilliseconds;
        var (total, number, hasDigits) = (0m, 0m, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                number = Math.Min((number * 10) + (text[i] - '0'), Longest);
                hasDigits = true;
                continue;
            }

            var unit = UnitAt(text, i);
            if (unit < next || (unit == Ms && inSeconds) || (unit == Space && next > Seconds)) return false;
            i += Units[unit].Name.Length - 1;
            total += number * Units[unit].Milliseconds;
            number = 0;
            next = unit + 1;
            while (i + 1 < text.Length && text[i + 1] == ' ') i++;
        }

        total += number * 1000;
        if (!hasDigits || total > Longest) return false;
        time = TimeSpan.FromMilliseconds((long)total);
        return true;
    }

    private static int UnitAt(string text, int index)
    {
        if (string.CompareOrdinal(text, index, "ms", 0, 2) == 0) return Ms;
        return Array.FindIndex(Units, unit => unit.Name.Length == 1 && unit.Name[0] == text[index]);
    }
}

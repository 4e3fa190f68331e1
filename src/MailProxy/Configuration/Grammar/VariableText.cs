namespace MailProxy.Configuration.Grammar;

/// <summary>A text with variables, <c>$name</c> or <c>${name}</c>, as nginx reads one.</summary>
internal static class VariableText
{
    /// <summary>Takes a text to pieces.</summary>
    /// <returns>Null, or nginx's words for what is wrong.</returns>
    public static string? Parse(string text, List<VariableTextPart> parts)
    {
        for (var i = 0; i < text.Length;)
        {
            var isVariable = text[i] == '$';
            var isBraced = isVariable && i + 1 < text.Length && text[i + 1] == '{';
            var start = i + (isBraced ? 2 : isVariable ? 1 : 0);
            var end = start;
            while (end < text.Length && (isVariable ? char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_' : text[end] != '$')) end++;
            var part = new VariableTextPart(text[start..end], isVariable);
            i = isBraced ? end + 1 : end;
            if (isBraced && (end == text.Length || text[end] != '}')) return $"the closing bracket in \"{part.Text}\" variable is missing";
            if (part.Text.Length == 0) return "invalid variable name";
            parts.Add(part);
        }

        return null;
    }
}

/// <summary>A piece of a text with variables.</summary>
/// <param name="Text">The text as it is, or the variable's name.</param>
/// <param name="IsVariable">Which of the two.</param>
internal sealed record VariableTextPart(string Text, bool IsVariable);

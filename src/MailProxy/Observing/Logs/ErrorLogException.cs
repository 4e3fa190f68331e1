namespace MailProxy.Observing.Logs;

/// <summary>Logs that cannot be opened.</summary>
/// <param name="errors">nginx's text for each: <c>open() "/path" failed (13: Permission denied)</c>.</param>
internal sealed class ErrorLogException(IReadOnlyList<string> errors) : IOException(errors[0])
{
    public ErrorLogException(string error) : this([error])
    {
    }

    public IReadOnlyList<string> Errors { get; } = errors;
}

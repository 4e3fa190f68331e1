namespace MailProxy.Configuration;

/// <summary>The program cannot run with this configuration. The message is nginx's text, without level, with file and line; several errors are on a line each.</summary>
public sealed class StartupException : Exception
{
    internal StartupException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

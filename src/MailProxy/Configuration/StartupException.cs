namespace MailProxy.Configuration;

/// <summary>The program cannot run with this configuration. The message is nginx's text, without level.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);

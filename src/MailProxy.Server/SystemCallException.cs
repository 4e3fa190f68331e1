namespace MailProxy.Server;

/// <summary>The system refused a call. The message is nginx's: <c>kill(12, 15) failed (3: No such process)</c>.</summary>
internal sealed class SystemCallException(string message) : IOException(message);

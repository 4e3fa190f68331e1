namespace MailProxy.UserDirectory;

/// <summary>No answer is to be had from a passdb. The message is for the log and free of secrets.</summary>
internal sealed class PassdbException(string message, Exception? cause = null) : Exception(message, cause);

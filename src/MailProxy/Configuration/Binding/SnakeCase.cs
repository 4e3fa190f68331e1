namespace MailProxy.Configuration.Binding;

/// <summary>The names of enums as logs and metrics have them: <c>ClientClosed</c> is <c>client_closed</c>.</summary>
internal static class SnakeCase
{
    public static string Of<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}

using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Authentication;

/// <summary>What blocks have of auth servers.</summary>
internal static class AuthHttpSections
{
    public static IReadOnlyList<OptionSection> All { get; } = [OptionSection.Of<AuthHttpOptions>(OptionScope.Server, "AuthHttp:")];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>auth_http*</c>.</summary>
        public AuthHttpOptions AuthHttp
        {
            get => server.Of<AuthHttpOptions>();
            set => server.Set(value);
        }
    }
}

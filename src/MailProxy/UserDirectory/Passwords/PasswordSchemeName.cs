namespace MailProxy.UserDirectory.Passwords;

/// <summary>The names of the schemes of stored passwords, Dovecot's.</summary>
internal static class PasswordSchemeName
{
    /// <summary>Without a suffix, in any case.</summary>
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "ARGON2I", "ARGON2ID", "BLF-CRYPT", "CLEAR", "CLEARTEXT", "CRAM-MD5", "CRYPT", "DES-CRYPT", "DIGEST-MD5", "HMAC-MD5", "LDAP-MD5", "MD5", "MD5-CRYPT", "OTP", "PBKDF2",
        "PLAIN", "PLAIN-MD4", "PLAIN-MD5", "PLAIN-TRUNC", "SCRAM-SHA-1", "SCRAM-SHA-256", "SHA", "SHA1", "SHA256", "SHA256-CRYPT", "SHA512", "SHA512-CRYPT", "SMD5", "SSHA", "SSHA256",
        "SSHA512",
    };

    /// <summary>Whether there is one of this name, perhaps with the suffix <c>.hex</c>, <c>.b64</c> or <c>.base64</c>.</summary>
    public static bool IsKnown(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return All.Contains(dot < 0 ? name : name[..dot]) && (dot < 0 || name[(dot + 1)..].ToUpperInvariant() is "HEX" or "B64" or "BASE64");
    }
}

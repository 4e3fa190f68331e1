namespace MailProxy.UserDirectory.Passwords;

/// <summary>Passwords as <c>mailproxy user</c> stores them.</summary>
internal static class NewPassword
{
    /// <summary>
    /// Guessing it takes memory, not only time, so that graphics cards gain little (RFC 9106, OWASP's first choice); Dovecot
    /// reads it, and libsodium comes with the program.
    /// </summary>
    public const string DefaultScheme = "ARGON2ID";

    // As crypt(3)'s authors advise: about as long as the others.
    private const uint Sha512Rounds = 200_000;
    private const uint BlowfishCost = 10;

    /// <summary>The names that <see cref="Create"/> takes.</summary>
    public static IReadOnlyList<string> Schemes { get; } = [DefaultScheme, "BLF-CRYPT", "SHA512-CRYPT", "PBKDF2", "SSHA512", "PLAIN"];

    /// <summary>Nobody's password, of the default scheme.</summary>
    public static string Example { get; } = $"{{{DefaultScheme}}}{Argon2.Example}";

    /// <param name="scheme">One of <see cref="Schemes"/>.</param>
    /// <param name="secret">The password.</param>
    /// <exception cref="PassdbException">The scheme cannot take it, or is not to be had on this machine.</exception>
    public static string Create(string scheme, ReadOnlySpan<byte> secret) => $"{{{scheme}}}" + scheme switch
    {
        DefaultScheme => Argon2.Create(secret),
        "BLF-CRYPT" => LibCrypt.Create(secret, "$2y$", BlowfishCost),
        "SHA512-CRYPT" => LibCrypt.Create(secret, "$6$", Sha512Rounds),
        "PBKDF2" => Pbkdf2.Create(secret),
        "SSHA512" => PlainDigests.CreateSsha512(secret),
        "PLAIN" => System.Text.Encoding.UTF8.GetString(secret),
        _ => throw new PassdbException($"unknown password scheme \"{scheme}\""),
    };
}

namespace MailProxy.Passdb.Schemes;

/// <summary>How a stored password hides the password, by Dovecot's names.</summary>
internal enum PasswordScheme
{
    /// <summary><c>PLAIN</c>, <c>CLEARTEXT</c>: not at all. APOP and CRAM-MD5 need it.</summary>
    Plain,

    /// <summary><c>SSHA512</c>: SHA-512 of password and salt, with the salt behind it.</summary>
    Ssha512,

    /// <summary><c>CRYPT</c>, <c>SHA512-CRYPT</c>, <c>BLF-CRYPT</c>: what crypt(3) makes, <c>$id$…</c>.</summary>
    Crypt,

    /// <summary><c>PBKDF2</c>: <c>$1$salt$rounds$hex</c>, with SHA-1.</summary>
    Pbkdf2,

    /// <summary><c>ARGON2ID</c>: <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c> (RFC 9106).</summary>
    Argon2Id,
}

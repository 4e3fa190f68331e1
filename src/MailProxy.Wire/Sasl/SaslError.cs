namespace MailProxy.Wire.Sasl;

/// <summary>What is wrong with a response.</summary>
internal enum SaslError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is not base64.</summary>
    Base64,

    /// <summary>PLAIN: no NUL before the login.</summary>
    Login,

    /// <summary>PLAIN: no NUL before the password.</summary>
    Password,

    /// <summary>CRAM-MD5: no digest of 32 characters.</summary>
    Hash,
}

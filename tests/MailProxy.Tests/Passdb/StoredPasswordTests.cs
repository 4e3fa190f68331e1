using System.Text;
using MailProxy.Passdb;
using MailProxy.Passdb.Schemes;

namespace MailProxy.Tests.Passdb;

/// <summary>Every scheme against what <c>doveadm pw</c> (Dovecot 2.3.19) has made of one password.</summary>
public sealed class StoredPasswordTests
{
    private const string Password = "sécret 1";

    public static TheoryData<string> Vectors =>
    [
        "{PLAIN}sécret 1", "{plain}sécret 1", "{CLEARTEXT}sécret 1", "{PLAIN.HEX}73c3a9637265742031", "{PLAIN.B64}c8OpY3JldCAx", "{PLAIN.BASE64}c8OpY3JldCAx",
        "{SSHA512}RL7e/4XaB5mDJ0KMTsSBX9LCHCWZuXCvXnA6N/q5HfymtiyUzGDCptqZBJso78nBXaINObfit4kYqoGL6WTHlFDxarU=",
        "{SSHA512.HEX}e9a1efabfc669021377c298a6cbf714313e941618e17429e7507338a0faad565238aadadeba403685c7eff53a385712dab1cafc7c3dd842c1457e38bd772122c19485859",
        "{SSHA512.B64}SSuQi6YayEAYK0BTG9UFxpuBS81TCigPCbvKn32XdjKnTg2mafR0X+d+eGNBMhudCeX2jlN6kSQTzOUIgg93n41692I=",
        "{SHA512-CRYPT}$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/",
        "{BLF-CRYPT}$2y$05$hxuahZUU5ZIaq9KJW8dVveyRsDjz3zuASpAGr8vBqJHGCyihmgfgS",
        "{CRYPT}$2y$05$fHuF/DfALmFU5g65vwMytu1hc1XeW8enyO6js5d57VZTSnc24QnM.",
        "$2y$05$fHuF/DfALmFU5g65vwMytu1hc1XeW8enyO6js5d57VZTSnc24QnM.",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$CAfraL0XeNyOfpDddl0uJA$Wz2u4x61FiF4tdvlOkS7xiKl+uK7Seh0H10NcDd/LwU",
        "{PBKDF2}$1$adG1OCYOwSci35CJ$5000$be3f69dddf68201ad1f5991477b2a64164e8924b",
    ];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void What_Dovecot_has_stored_matches_its_password_and_no_other(string stored)
    {
        var password = StoredPassword.Parse(stored, "");
        Assert.True(password.Matches(Encoding.UTF8.GetBytes(Password)));
        Assert.False(password.Matches("secret 1"u8));
        Assert.False(password.Matches([]));
        Assert.False(password.Matches(Encoding.UTF8.GetBytes(Password + "\0")));
    }

    public static TheoryData<string> NewSchemes => [.. NewPassword.Schemes];

    [Theory]
    [MemberData(nameof(NewSchemes))]
    public void What_is_stored_anew_matches_its_password_and_is_never_the_same_twice(string scheme)
    {
        var secret = Encoding.UTF8.GetBytes(Password);
        var stored = NewPassword.Create(scheme, secret);
        Assert.StartsWith($"{{{scheme}}}", stored, StringComparison.Ordinal);
        Assert.True(StoredPassword.Parse(stored, "").Matches(secret));
        Assert.False(StoredPassword.Parse(stored, "").Matches("other"u8));
        if (scheme != "PLAIN") Assert.NotEqual(stored, NewPassword.Create(scheme, secret));
    }

    [Theory]
    [InlineData("secret1", "PLAIN", true)]
    [InlineData("$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/", "SHA512-CRYPT", false)]
    [InlineData("{PLAIN}secret1", "SSHA512", true)]
    public void A_scheme_that_is_not_named_is_the_default_one(string stored, string scheme, bool matches) =>
        Assert.Equal(matches, StoredPassword.Parse(stored, scheme).Matches("secret1"u8));

    [Theory]
    [InlineData("secret1", "a stored password names no {SCHEME}")]
    [InlineData("{MD4}x", "unknown password scheme \"MD4\"")]
    [InlineData("{hunter2 is my password}x", "unknown password scheme \"?\"")]
    [InlineData("{PLAIN.ROT13}x", "unknown password encoding \"PLAIN.ROT13\"")]
    [InlineData("{SSHA512}not base64", "a stored {SSHA512} password is malformed")]
    [InlineData("{SSHA512}c8OpY3JldCAx", "a stored {SSHA512} password is malformed")]
    [InlineData("{PLAIN.HEX}7", "a stored {PLAIN.HEX} password is malformed")]
    [InlineData("{SHA512-CRYPT}plain", "a stored {CRYPT} password is malformed")]
    [InlineData("{BLF-CRYPT}$2y$99$x", "a stored {CRYPT} password is malformed")]
    [InlineData("{PBKDF2}$1$salt$0$be3f69dddf68201ad1f5991477b2a64164e8924b", "a stored {PBKDF2} password is malformed")]
    [InlineData("{PBKDF2}$1$salt$5000$be3f", "a stored {PBKDF2} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=99999999,t=3,p=1$AAAA$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3$AAAA$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$!$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$AAAA$", "a stored {ARGON2ID} password is malformed")]
    public void What_makes_no_sense_is_said_without_a_part_of_it(string stored, string message) =>
        Assert.Equal(message, Assert.Throws<PassdbException>(() => StoredPassword.Parse(stored, "").Matches("secret1"u8)).Message);

    [Fact]
    public void Nothing_shows_a_stored_password() => Assert.DoesNotContain("secret1", StoredPassword.Parse("{PLAIN}secret1", "").ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_password_that_crypt_cannot_take_is_a_wrong_one()
    {
        var stored = StoredPassword.Parse("{SHA512-CRYPT}$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/", "");
        Assert.False(stored.Matches(new byte[5000]));
        Assert.False(stored.Matches(Encoding.UTF8.GetBytes(new string('x', 512))));
    }
}

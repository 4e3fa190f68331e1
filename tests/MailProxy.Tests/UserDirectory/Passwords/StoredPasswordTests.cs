using System.Text;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Passwords;

namespace MailProxy.Tests.UserDirectory.Passwords;

/// <summary>Every scheme against what <c>doveadm pw</c> (Dovecot 2.3.19) has made of one password.</summary>
public sealed class StoredPasswordTests
{
    private const string Password = "sécret 1";

    private static readonly byte[] Login = "alice@example.org"u8.ToArray();

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
        "{SHA}8UD9IbKwSVQa43L8o9BuL4/fMdA=", "{SHA1}8UD9IbKwSVQa43L8o9BuL4/fMdA=", "{SHA.HEX}f140fd21b2b049541ae372fca3d06e2f8fdf31d0", "{sha}f140fd21b2b049541ae372fca3d06e2f8fdf31d0",
        "{SHA256}cQYL05dRD171Nudn6QxW+HhCtut7nKO69eqMfJAX4fU=",
        "{SHA512}o48T1qMUHw52ROLEJ54dRZsUiYrfirlGW0Mi57YSFQcE3/2lFAp75eBWbTgkqSBWfzvhM6xMuTqKfsySfLi6iQ==",
        "{SSHA}JOCmDqJ7j0xioaT/h7nt+BfTDREIR7j9", "{SSHA256}sutjSMCcyQEG8Ux3VGtn+jHajIsROTR7f/ztdcuThTS7Gfku", "{SMD5}kTYWOc3AukiUPYvB9LTTJ7AsDsM=",
        "{PLAIN-MD5}a312811e774b2a7f748c3eac0c884f6a", "{LDAP-MD5}oxKBHndLKn90jD6sDIhPag==", "{PLAIN-MD5.b64}oxKBHndLKn90jD6sDIhPag==", "{MD5}a312811e774b2a7f748c3eac0c884f6a",
        "{MD5}$1$DClkEU4j$N4uH4zmCsxdncKQB8g14C0", "{MD5-CRYPT}$1$d68/jYVv$BZxCSdXN1xQ.eFdmIAcRQ.", "$1$d68/jYVv$BZxCSdXN1xQ.eFdmIAcRQ.",
        "{DES-CRYPT}rGd0cIZgIhio.", "rGd0cIZgIhio.", "{CRYPT}$1$d68/jYVv$BZxCSdXN1xQ.eFdmIAcRQ.", "{SHA256-CRYPT}$5$i2no7wV0v25iVilF$HBSmx6MJuvJoXtGAaqTAJJpNt/AekNlYPZnGAHpKIwD",
        "{PLAIN-MD4}bff3d5302482972549a802d0882f7d03", "{DIGEST-MD5}beab940271a02f8f0d84a512f5700e35",
        "{CRAM-MD5}dc9902eb4484390511fc1755eb07ce73cdd357f7593885cac17be244d50cd12d", "{HMAC-MD5.b64}3JkC60SEOQUR/BdV6wfOc83TV/dZOIXKwXviRNUM0S0=",
        "{OTP}sha1 1024 34b442a8d6d066c2 2f1262300f02af53", "{CLEAR}sécret 1", "{PLAIN-TRUNC}9-sécret 1",
        "{SCRAM-SHA-1}4096,JW34mnnijRc8AU0DbUvVdA==,VmXTEFfHQk7Vj4PE0cISDYxG0XQ=,gN0sN/us937u0dbUggwb0LZANxM=",
        "{SCRAM-SHA-256}4096,G//UV2vSrBqvYgbc6uIklA==,51Xj/ID6Wy/sx4I2OocfaJhK9utwhvSLmYmrob+rkJA=,OntAJfWHWR/mwfiIuXVHgNQ2urWL9My60IKBUgGUM2Y=",
        "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$jj8AnG5ESGFrGuti18akAA$oJ/1Nbrxrmqf/q+pjap+/XsYd8KuEUToAb5DbWhht1c",
        // Several lanes, as the command argon2 makes them.
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQxMjM0$/6zQcGMZ8bBYTZ+Czio4alDylYkZncik8vWReuiv4Ok",
        "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=2$c29tZXNhbHQxMjM0$GDEBe9sCX4F0LIaYI0AbVsG1pltj+lJsCX7DQo9Tg7U",
        "{CRYPT}$argon2id$v=19$m=65536,t=3,p=1$CAfraL0XeNyOfpDddl0uJA$Wz2u4x61FiF4tdvlOkS7xiKl+uK7Seh0H10NcDd/LwU",
    ];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void What_Dovecot_has_stored_matches_its_password_and_no_other(string stored)
    {
        var password = StoredPassword.Parse(stored);
        Assert.True(password.Matches(Encoding.UTF8.GetBytes(Password), Login));
        Assert.False(password.Matches("secret 1"u8, Login));
        Assert.False(password.Matches([], Login));
        Assert.False(password.Matches(Encoding.UTF8.GetBytes(Password + "\0"), Login));
    }

    public static TheoryData<string> NewSchemes => [.. NewPassword.Schemes];

    [Theory]
    [MemberData(nameof(NewSchemes))]
    public void What_is_stored_anew_matches_its_password_and_is_never_the_same_twice(string scheme)
    {
        var secret = Encoding.UTF8.GetBytes(Password);
        var stored = NewPassword.Create(scheme, secret);
        Assert.StartsWith($"{{{scheme}}}", stored, StringComparison.Ordinal);
        Assert.True(StoredPassword.Parse(stored).Matches(secret, Login));
        Assert.False(StoredPassword.Parse(stored).Matches("other"u8, Login));
        if (scheme != "PLAIN") Assert.NotEqual(stored, NewPassword.Create(scheme, secret));
    }

    [Theory]
    [InlineData("secret1", "PLAIN", true)]
    [InlineData("$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/", "SHA512-CRYPT", false)]
    [InlineData("{PLAIN}secret1", "SSHA512", true)]
    public void A_scheme_that_is_not_named_is_the_default_one(string stored, string scheme, bool matches) =>
        Assert.Equal(matches, StoredPassword.Parse(stored, scheme).Matches("secret1"u8, Login));

    [Theory]
    [InlineData("static", "secret1", "PLAIN")]
    [InlineData("static", "$ecret", "PLAIN")]
    [InlineData("static", "$2y$05$fHuF/DfALmFU5g65vwMytu1hc1XeW8enyO6js5d57VZTSnc24QnM.", "CRYPT")]
    [InlineData("passwd-file", "rGd0cIZgIhio.", "CRYPT")]
    [InlineData("pgsql", "a312811e774b2a7f748c3eac0c884f6a", "MD5")]
    [InlineData("pgsql", "$1$d68/jYVv$BZxCSdXN1xQ.eFdmIAcRQ.", "CRYPT")]
    [InlineData("sqlite", "$6$a$b", "CRYPT")]
    public void Each_driver_has_Dovecots_default(string driver, string stored, string scheme) =>
        Assert.Equal(scheme, StoredPassword.Parse(stored, "", PasswordScheme.DefaultOf(driver)).Scheme.Name);

    [Theory]
    [InlineData("passwd-file")]
    [InlineData("pgsql")]
    [InlineData("sqlite")]
    public void What_names_no_scheme_and_is_none_of_the_drivers_is_said(string driver) =>
        Assert.Equal("a stored password names no {SCHEME}", Assert.Throws<PassdbException>(() => StoredPassword.Parse("hunter2", "", PasswordScheme.DefaultOf(driver))).Message);

    [Theory]
    [InlineData("{CRYPT}")]
    [InlineData("{CRYPT}!")]
    [InlineData("{CRYPT}*")]
    [InlineData("{SHA512-CRYPT}!$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/")]
    public void A_locked_account_has_no_password(string stored) => Assert.False(StoredPassword.Parse(stored).Matches(Encoding.UTF8.GetBytes(Password), Login));

    [Theory]
    [InlineData("6-secret", "secret with more", true)]
    [InlineData("6-secret", "secret", true)]
    [InlineData("6-secret", "secre", false)]
    [InlineData("5-secret", "secret", true)]
    [InlineData("5-secret", "secret with more", false)]
    public void A_truncated_password_is_the_beginning_of_the_clients(string stored, string secret, bool matches) =>
        Assert.Equal(matches, StoredPassword.Parse("{PLAIN-TRUNC}" + stored).Matches(Encoding.UTF8.GetBytes(secret), Login));

    [Fact]
    public void A_digest_is_of_one_login_alone() =>
        Assert.False(StoredPassword.Parse("{DIGEST-MD5}beab940271a02f8f0d84a512f5700e35").Matches(Encoding.UTF8.GetBytes(Password), "bob@example.org"u8));

    [Fact]
    public void The_configuration_knows_the_same_names() => Assert.True(PasswordSchemeName.All.SetEquals(PasswordScheme.Names));

    [Theory]
    [InlineData("secret1", "a stored password names no {SCHEME}")]
    [InlineData("{SSHA}8UD9IbKwSVQa43L8o9BuL4/fMdA=", "a stored {SSHA} password is malformed")]
    [InlineData("{SHA256}8UD9IbKwSVQa43L8o9BuL4/fMdA=", "a stored {SHA256} password is malformed")]
    [InlineData("{SHA.HEX}8UD9IbKwSVQa43L8o9BuL4/fMdA=", "a stored {SHA} password is malformed")]
    [InlineData("{MD5}secret1", "a stored {MD5} password is malformed")]
    [InlineData("{CRYPT}secret1", "a stored {CRYPT} password is malformed")]
    [InlineData("{CRYPT}$9$secret1", "a stored {CRYPT} password is malformed")]
    [InlineData("{SHA512-CRYPT}$6$H8k/SgMcCNFyRfCN$T9p1", "a stored {SHA512-CRYPT} password is malformed")]
    [InlineData("{PLAIN-TRUNC}secret1", "a stored {PLAIN-TRUNC} password is malformed")]
    [InlineData("{OTP}sha1 1024 34b442a8d6d066c2", "a stored {OTP} password is malformed")]
    [InlineData("{OTP}sha1 99999999 34b442a8d6d066c2 2f1262300f02af53", "a stored {OTP} password is malformed")]
    [InlineData("{SCRAM-SHA-1}4095,JW34mnnijRc8AU0DbUvVdA==,VmXTEFfHQk7Vj4PE0cISDYxG0XQ=,gN0sN/us937u0dbUggwb0LZANxM=", "a stored {SCRAM-SHA-1} password is malformed")]
    [InlineData("{SCRAM-SHA-256}4096,JW34mnnijRc8AU0DbUvVdA==,VmXTEFfHQk7Vj4PE0cISDYxG0XQ=,gN0sN/us937u0dbUggwb0LZANxM=", "a stored {SCRAM-SHA-256} password is malformed")]
    [InlineData("{ARGON2ID}$argon2d$v=19$m=4096,t=3,p=1$c29tZXNhbHQxMjM0$BXvc3OyVJ7112LgL8UiZxbPJi0FzT3llFi6/x4D0nKo", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=16$m=4096,t=3,p=1$c29tZXNhbHQxMjM0$CrpNKo1TRIYmZmeq74vx+QWMcGopwHHcbAvzdn77cRQ", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{MD4}x", "unknown password scheme \"MD4\"")]
    [InlineData("{hunter2 is my password}x", "unknown password scheme \"?\"")]
    [InlineData("{PLAIN.ROT13}x", "unknown password encoding \"PLAIN.ROT13\"")]
    [InlineData("{SSHA512}not base64", "a stored {SSHA512} password is malformed")]
    [InlineData("{SSHA512}c8OpY3JldCAx", "a stored {SSHA512} password is malformed")]
    [InlineData("{PLAIN.HEX}7", "a stored {PLAIN} password is malformed")]
    [InlineData("{SHA512-CRYPT}plain", "a stored {SHA512-CRYPT} password is malformed")]
    [InlineData("{BLF-CRYPT}$2y$99$x", "a stored {BLF-CRYPT} password is malformed")]
    [InlineData("{PBKDF2}$1$salt$0$be3f69dddf68201ad1f5991477b2a64164e8924b", "a stored {PBKDF2} password is malformed")]
    [InlineData("{PBKDF2}$1$salt$5000$be3f", "a stored {PBKDF2} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=99999999,t=3,p=1$AAAA$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3$AAAA$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$!$AAAAAAAA", "a stored {ARGON2ID} password is malformed")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$AAAA$", "a stored {ARGON2ID} password is malformed")]
    public void What_makes_no_sense_is_said_without_a_part_of_it(string stored, string message) =>
        Assert.Equal(message, Assert.Throws<PassdbException>(() => StoredPassword.Parse(stored).Matches("secret1"u8, Login)).Message);

    [Fact]
    public void Nothing_shows_a_stored_password() => Assert.DoesNotContain("secret1", StoredPassword.Parse("{PLAIN}secret1").ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_password_that_crypt_cannot_take_is_a_wrong_one()
    {
        var stored = StoredPassword.Parse("{SHA512-CRYPT}$6$H8k/SgMcCNFyRfCN$T9p1/4w3nHvS35qi7XXLBhiB3C0WzYCsm9kGv6VghBnCRFRkcaY9/RdVC3NFyS.SnvFZPuQqo4lqrMcCJ/wXC/");
        Assert.False(stored.Matches(new byte[5000], Login));
        Assert.False(stored.Matches(Encoding.UTF8.GetBytes(new string('x', 512)), Login));
    }
}

using System.Text;
using CsCheck;
using MailProxy.Wire.Sasl;

namespace MailProxy.Wire.Tests.Sasl;

public sealed class SaslDecodersTests
{
    private const string Digest = "0123456789abcdef0123456789ABCDEX";

    [Theory]
    [InlineData("\0u\0p", "u", "p")]
    [InlineData("authzid\0u\0p", "u", "p")]
    [InlineData("\0\0", "", "")]
    [InlineData("\0u\0", "u", "")]
    [InlineData("\0u\0p\0q\0", "u", "p\0q\0")]
    [InlineData("\0u\r\n\0\xFF", "u\r\n", "\xFF")]
    public void Plain_is_identity_login_and_all_the_rest(string message, string login, string password)
    {
        Assert.Equal(SaslError.None, SaslPlain.Decode(Encode(message), out var actualLogin, out var actualPassword));
        Assert.Equal((login, password), (Text(actualLogin), Text(actualPassword)));
    }

    [Theory]
    [InlineData("", SaslError.Login)]
    [InlineData("user", SaslError.Login)]
    [InlineData("\0", SaslError.Password)]
    [InlineData("\0user", SaslError.Password)]
    [InlineData("x\0user", SaslError.Password)]
    public void Plain_needs_both_separators(string message, object expected)
    {
        Assert.Equal(expected, SaslPlain.Decode(Encode(message), out var login, out var password));
        Assert.Empty(login);
        Assert.Empty(password);
    }

    [Theory]
    [InlineData("u " + Digest, "u")]
    [InlineData(" " + Digest, "")]
    public void Cram_md5_is_login_and_digest(string message, string login)
    {
        Assert.Equal(SaslError.None, SaslCramMd5.Decode(Encode(message), out var actualLogin, out var digest));
        Assert.Equal((login, Digest), (Text(actualLogin), Text(digest)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Digest)]
    [InlineData("u " + Digest + "0")]
    [InlineData("u 0123")]
    [InlineData("u  0123456789abcdef0123456789abcdef")]
    public void A_digest_has_32_characters_behind_the_first_space(string message)
    {
        Assert.Equal(SaslError.Hash, SaslCramMd5.Decode(Encode(message), out var login, out var digest));
        Assert.Empty(login);
        Assert.Empty(digest);
    }

    [Theory, InlineData("*"), InlineData("A!=="), InlineData("A")]
    public void What_is_not_base64_is_told_apart(string response)
    {
        Assert.Equal(SaslError.Base64, SaslPlain.Decode(Encoding.ASCII.GetBytes(response), out _, out _));
        Assert.Equal(SaslError.Base64, SaslCramMd5.Decode(Encoding.ASCII.GetBytes(response), out _, out _));
    }

    [Fact]
    public void The_challenge_is_random_seconds_and_server_name() =>
        Assert.Equal("<677157593.1795454783@mx.test>", SaslCramMd5.Challenge(677157593, 1795454783, "mx.test"));

    [Theory]
    [InlineData("PLAIN", SaslMechanism.Plain)]
    [InlineData("plain", SaslMechanism.Plain)]
    [InlineData("Login", SaslMechanism.Login)]
    [InlineData("cram-MD5", SaslMechanism.CramMd5)]
    [InlineData("EXTERNAL", SaslMechanism.External)]
    [InlineData("GSSAPI", SaslMechanism.Unknown)]
    [InlineData("PLAINX", SaslMechanism.Unknown)]
    [InlineData("", SaslMechanism.Unknown)]
    public void Mechanism_names_have_no_case(string name, object expected) => Assert.Equal(expected, SaslMechanisms.Parse(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void Any_response_is_survived() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Gen.Byte.Array[0, 100].Select(bytes => Encode(Text(bytes)))).Sample(response =>
        {
            _ = SaslPlain.Decode(response, out _, out _);
            _ = SaslCramMd5.Decode(response, out _, out _);
        }, iter: 20_000);

    private static byte[] Encode(string latin1) => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.Latin1.GetBytes(latin1)));

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}

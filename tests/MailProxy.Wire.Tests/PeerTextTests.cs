using System.Text;
using CsCheck;

namespace MailProxy.Wire.Tests;

public sealed class PeerTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("user@example.org", "user@example.org")]
    [InlineData("grüße 邮件", "grüße 邮件")]
    [InlineData("a\r\nb\0\t\x1b[2J\x7f", "a\\x0D\\x0Ab\\x00\\x09\\x1B[2J\\x7F")]
    [InlineData("next\u0085line", "next\\xC2\\x85line")]
    [InlineData("u\", client: 1.2.3.4", "u\\x22, client: 1.2.3.4")]
    [InlineData("\\x0A", "\\x5Cx0A")]
    public void Text_stays_readable_and_what_could_forge_a_log_line_is_escaped(string peer, string expected) =>
        Assert.Equal(expected, PeerText.ToText(Encoding.UTF8.GetBytes(peer)));

    [Fact]
    public void Bytes_that_are_not_utf8_are_escaped_one_by_one() => Assert.Equal("a\\xFF\\xC3\\xE9b", PeerText.ToText([(byte)'a', 0xFF, 0xC3, 0xE9, (byte)'b']));

    [Fact]
    public void Whatever_the_bytes_the_text_is_one_line_and_tells_them_apart() =>
        Gen.OneOf(Gen.Byte.Array[0, 60], Gen.OneOf("\\x0A\"\r\n\xC3"u8.ToArray()).Array[0, 20]).Sample(bytes =>
        {
            var text = PeerText.ToText(bytes);
            Assert.DoesNotContain(text, char.IsControl);
            var parts = text.Split("\\x");
            var decoded = parts.Skip(1).SelectMany(part => (byte[])[Convert.ToByte(part[..2], 16), .. Encoding.UTF8.GetBytes(part[2..])]);
            Assert.Equal<byte[]>(bytes, [.. Encoding.UTF8.GetBytes(parts[0]), .. decoded]);
        }, iter: 5_000);
}

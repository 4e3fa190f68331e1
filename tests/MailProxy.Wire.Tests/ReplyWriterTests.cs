using System.Buffers;
using System.Text;
using CsCheck;

namespace MailProxy.Wire.Tests;

public sealed class ReplyWriterTests
{
    [Fact]
    public void A_line_is_text_values_and_numbers_with_its_end()
    {
        var output = new ArrayBufferWriter<byte>();
        new ReplyWriter(output).Text("a "u8).Text("ö ").Value("v"u8).Text(" "u8).Number(-42).Number(long.MaxValue).End();
        Assert.Equal("a ö v -429223372036854775807\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\0")]
    [InlineData("user\r\nDELE 1")]
    [InlineData("user\0")]
    public void A_value_that_would_end_the_line_is_refused_and_nothing_is_written(string value)
    {
        var output = new ArrayBufferWriter<byte>();
        var exception = Assert.Throws<WireException>(() => new ReplyWriter(output).Value(Encoding.Latin1.GetBytes(value)));
        Assert.Equal(WireError.ForbiddenByte, exception.Error);
        Assert.Equal(0, output.WrittenCount);
        Assert.DoesNotContain("user", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_value_no_line_is_ended_early() =>
        Gen.Byte.Array[0, 50].Sample(value =>
        {
            var output = new ArrayBufferWriter<byte>();
            if (ReplyWriter.IsSafe(value)) new ReplyWriter(output).Value(value);
            else Assert.Throws<WireException>(() => new ReplyWriter(output).Value(value));
            Assert.Equal(ReplyWriter.IsSafe(value) ? value : [], output.WrittenSpan.ToArray());
            Assert.False(output.WrittenSpan.ContainsAny("\r\n\0"u8));
        });

    [Theory]
    [InlineData("", "")]
    [InlineData("us er+=x", "us+20er+2B+3Dx")]
    [InlineData("\0\x1f !~\x7f\x80\xff", "+00+1F+20!~+7F+80+FF")]
    [InlineData("[UNAVAILABLE]", "[UNAVAILABLE]")]
    [InlineData("a\r\nb", "a+0D+0Ab")]
    public void Xtext_escapes_what_rfc_3461_says(string value, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        new ReplyWriter(output).Xtext(Encoding.Latin1.GetBytes(value));
        Assert.Equal(expected, Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Xtext_can_be_read_back_and_holds_no_space_or_control_byte() =>
        Gen.Byte.Array[0, 100].Sample(value =>
        {
            var output = new ArrayBufferWriter<byte>();
            new ReplyWriter(output).Xtext(value);
            var written = Encoding.Latin1.GetString(output.WrittenSpan);
            Assert.DoesNotContain(written, character => character is <= ' ' or >= '\x7f' or '=');
            var parts = written.Split('+');
            var decoded = parts[0] + string.Concat(parts.Skip(1).Select(part => (char)Convert.ToByte(part[..2], 16) + part[2..]));
            Assert.Equal(value, Encoding.Latin1.GetBytes(decoded));
        });

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("a b\u00e9{3}", "\"a b\u00e9{3}\"")]
    [InlineData("\"\\", "\"\\\"\\\\\"")]
    public void A_quoted_string_escapes_quotes_and_backslashes(string value, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        new ReplyWriter(output).Quoted(Encoding.Latin1.GetBytes(value));
        Assert.Equal(expected, Encoding.Latin1.GetString(output.WrittenSpan));
        Assert.Throws<WireException>(() => new ReplyWriter(output).Quoted("a\r\n"u8));
        Assert.Equal(expected.Length, output.WrittenCount);
    }

    [Fact]
    public void Base64_is_the_standard_one_with_padding() =>
        Gen.Byte.Array[0, 100].Sample(value =>
        {
            var output = new ArrayBufferWriter<byte>();
            new ReplyWriter(output).Base64(value);
            Assert.Equal(Convert.ToBase64String(value), Encoding.Latin1.GetString(output.WrittenSpan));
        });
}

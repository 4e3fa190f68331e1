using System.Buffers.Binary;
using System.Text;

namespace MailProxy.Wire.ProxyProtocol;

/// <summary>Appends type, length and value after one another.</summary>
/// <param name="buffer">Where they go.</param>
internal ref struct ProxyTlvWriter(Span<byte> buffer)
{
    /// <summary>The most that <see cref="Tls"/> and <see cref="Number"/> take together.</summary>
    public const int MaxLength = (7 * (Head + LongestText)) + Head + SslFacts + Head + sizeof(uint);

    private const int Head = 3;
    private const int SslFacts = 5;
    private const int LongestText = 255;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>How many bytes are written.</summary>
    public int Length { get; private set; }

    public void Tls(ProxyTls tls)
    {
        Text(0x02, tls.Authority);
        Text(0x01, tls.ApplicationProtocol);

        var begin = Length;
        Length += Head + SslFacts;
        Text(0x21, tls.Version);
        Text(0x22, tls.HasCertificate ? tls.CommonName : null);
        Text(0x23, tls.Cipher);
        Text(0x24, tls.SignatureAlgorithm);
        Text(0x25, tls.KeyAlgorithm);
        var ssl = WriteHead(begin, 0x20, Length - begin - Head);
        // By TLS; with a certificate in this connection; with one in this session.
        ssl[0] = (byte)(0x01 | (tls is { HasCertificate: true, IsResumed: false } ? 0x02 : 0) | (tls.HasCertificate ? 0x04 : 0));
        BinaryPrimitives.WriteInt32BigEndian(ssl[1..], tls.HasCertificate ? tls.Verification : 1);
    }

    public void Number(byte type, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(WriteHead(Length, type, sizeof(uint)), value);
        Length += Head + sizeof(uint);
    }

    /// <summary>A text that is empty, or longer than any name may be, is left out.</summary>
    private void Text(byte type, string? text)
    {
        if (string.IsNullOrEmpty(text) || Encoding.UTF8.GetByteCount(text) is var length && length > LongestText) return;
        Encoding.UTF8.GetBytes(text, WriteHead(Length, type, length));
        Length += Head + length;
    }

    private readonly Span<byte> WriteHead(int at, byte type, int length)
    {
        _buffer[at] = type;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(at + 1)..], (ushort)length);
        return _buffer.Slice(at + Head, length);
    }
}

using System.Runtime.InteropServices;
using MailProxy.Authentication;
using MailProxy.Tls;
using MailProxy.Transport.OpenSsl;

namespace MailProxy.Tests.Configuration;

/// <summary>Files and directories in <c>ssl_conf_command</c>.</summary>
public sealed partial class ConfCommandTests : IDisposable
{
    private readonly TestConf _conf = new();

    public static TheoryData<string> Paths =>
    [
        "Certificate", "PrivateKey", "ServerInfoFile", "DHParameters", "ChainCAFile", "VerifyCAFile", "RequestCAFile", "ClientCAFile",
        "ChainCAPath", "VerifyCAPath", "RequestCAPath", "ClientCAPath", "ChainCAStore", "VerifyCAStore", "RequestCAStore", "ClientCAStore", "chaincafile",
    ];

    public static TheoryData<string> Others =>
    [
        "SignatureAlgorithms", "ClientSignatureAlgorithms", "Groups", "Curves", "ECDHParameters", "CipherString", "Ciphersuites",
        "Protocol", "MinProtocol", "MaxProtocol", "Options", "VerifyMode", "RecordPadding", "NumTickets",
    ];

    public void Dispose() => _conf.Dispose();

    [Theory, MemberData(nameof(Paths))]
    public void They_begin_beside_the_configuration(string command)
    {
        var said = _conf.OnlyServer($"ssl_conf_command {command} certs/a.pem; ssl_conf_command {command} /abs/b.pem;").Tls.ConfCommand;
        Assert.Equal([$"{_conf.Directory}/certs/a.pem", "/abs/b.pem"], said.Select(one => one.Value));
        Assert.InRange(ValueType(command), 2, 5);
        Assert.NotEqual(4, ValueType(command));                // SSL_CONF_TYPE_NONE; 2, 3 and 5 are a file, a directory and a store
    }

    [Theory, MemberData(nameof(Others))]
    public void Other_values_are_left_alone(string command)
    {
        Assert.Equal("certs/a", Assert.Single(_conf.OnlyServer($"ssl_conf_command {command} certs/a;").Tls.ConfCommand).Value);
        Assert.Equal(1, ValueType(command));                   // SSL_CONF_TYPE_STRING
    }

    [Fact]
    public void A_stores_URI_and_a_header_of_the_same_name_are_no_paths()
    {
        Assert.Equal("file:certs", Assert.Single(_conf.OnlyServer("ssl_conf_command VerifyCAStore file:certs;").Tls.ConfCommand).Value);
        Assert.Equal("a.pem", Assert.Single(_conf.OnlyServer("auth_http_header Certificate a.pem;").AuthHttp.Headers).Value);
    }

    [Fact]
    public void Keys_of_the_environment_begin_there_too()
    {
        var options = _conf.Options(TestConf.Server(""), null, ("Mail:Tls:ConfCommand:0:Name", "ChainCAFile"), ("Mail:Tls:ConfCommand:0:Value", "chain.pem"));
        Assert.Equal($"{_conf.Directory}/chain.pem", Assert.Single(Assert.Single(options.Servers).Tls.ConfCommand).Value);
    }

    /// <summary>What OpenSSL itself says that a command takes.</summary>
    private static int ValueType(string command)
    {
        var configuration = LibSsl.NewConfiguration();
        try
        {
            _ = LibSsl.SetConfigurationFlags(configuration, 0x2 | 0x8 | 0x20);
            return SSL_CONF_cmd_value_type(configuration, command);
        }
        finally
        {
            LibSsl.FreeConfiguration(configuration);
        }
    }

    [LibraryImport("libssl.so.3", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SSL_CONF_cmd_value_type(nint configuration, string command);
}

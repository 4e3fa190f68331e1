using System.Reflection;
using System.Runtime.InteropServices;

namespace MailProxy.Server;

/// <summary>What <c>-v</c>, <c>-V</c> and <c>-h</c> print.</summary>
internal static class ServerText
{
    public static string Version { get; } = $"mailproxy version: mailproxy/{typeof(ServerText).Assembly.GetName().Version!.ToString(3)}";

    public static string Build { get; } = $"""
        built with {RuntimeInformation.FrameworkDescription} for {RuntimeInformation.RuntimeIdentifier}
        configure arguments: --conf-path={CommandLine.DefaultPrefix}{CommandLine.DefaultConfFile} --prefix={CommandLine.DefaultPrefix}{Configuration}
        """;

    public const string Usage = $"""
        Usage: mailproxy [-?hvVtTq] [-s signal] [-p prefix] [-e filename] [-c filename] [-g directives]
               mailproxy user --help
               mailproxy --probe URL    : exit code 0 where the URL answers well, else 1

        Options:
          -?,-h         : this help
          -v            : show version and exit
          -V            : show version and how it was built, then exit
          -t            : test configuration and exit; prints every error
          -T            : test configuration, dump it and exit
          -q            : suppress the success messages of a configuration test
          -s signal     : send signal to a running mailproxy: stop, quit, reopen, reload
          -p prefix     : set prefix path (default: {CommandLine.DefaultPrefix})
          -e filename   : set error log file until the configuration is read (default: stderr)
          -c filename   : set configuration file (default: {CommandLine.DefaultConfFile} in the prefix)
          -g directives : set global directives out of configuration file

        The options are nginx's; messages begin with "mailproxy:" in place of "nginx:".
        Signals: TERM and QUIT stop gracefully, INT and a second TERM at once, HUP reloads, USR1 reopens the logs.
        Options of the configuration can also come from appsettings.json in the prefix and from
        the environment (Mail__Proxy__Timeout=01:00:00); the HTTP side's address is ASPNETCORE_URLS
        or ASPNETCORE_HTTP_PORTS (default 127.0.0.1:9143).
        """;

    private static string Configuration =>
        typeof(ServerText).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>() is { Configuration: { Length: > 0 } name } ? $" --configuration={name}" : "";
}

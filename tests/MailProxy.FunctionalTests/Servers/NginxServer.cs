using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>nginx with its mail module, as Debian ships it.</summary>
internal sealed class NginxServer : ProxyServer
{
    protected override ChildProcess StartProcess() => ChildProcess.Start(
        "/usr/sbin/nginx",
        ["-p", Path.GetDirectoryName(ConfigurationFile)!, "-e", "stderr", "-c", ConfigurationFile, "-g", "daemon off; load_module /usr/lib/nginx/modules/ngx_mail_module.so;"]);
}

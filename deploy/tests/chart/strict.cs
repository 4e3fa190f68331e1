// dotnet run strict.cs FILE...: reads files of Kubernetes objects by the types of the official client, which refuses a field that it
// does not know, one that is there twice, and a value of another type.
#:package KubernetesClient
#:property PublishAot=false
#:property RunAnalyzers=false
#:property EnforceCodeStyleInBuild=false
using k8s;
using k8s.Models;

var types = new Dictionary<string, Type>
{
    ["cert-manager.io/v1/Certificate"] = typeof(Certificate),
    ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
};
var failed = 0;
foreach (var file in args)
{
    try
    {
        var objects = KubernetesYaml.LoadAllFromString(await File.ReadAllTextAsync(file), types, strict: true);
        Console.WriteLine($"ok: {Path.GetFileName(file)}: {objects.Count} objects as the official client reads them");
    }
    catch (Exception exception)
    {
        failed++;
        Console.WriteLine($"FAILED: {Path.GetFileName(file)}: {exception.Message} {exception.InnerException?.Message}");
    }
}

return failed == 0 ? 0 : 1;

// The client has no types for objects of other makers: what the chart uses of them, after their documentation.
internal sealed class Certificate : CustomObject<CertificateSpec>;

internal sealed class ServiceMonitor : CustomObject<ServiceMonitorSpec>;

internal abstract class CustomObject<TSpec> : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
    public required TSpec Spec { get; set; }
}

internal sealed class CertificateSpec
{
    public string SecretName { get; set; } = "";
    public IList<string> DnsNames { get; set; } = [];
    public IssuerReference IssuerRef { get; set; } = new();
    public string? Duration { get; set; }
    public string? RenewBefore { get; set; }
    public CertificatePrivateKey? PrivateKey { get; set; }
}

internal sealed class IssuerReference
{
    public string Name { get; set; } = "";
    public string? Kind { get; set; }
    public string? Group { get; set; }
}

internal sealed class CertificatePrivateKey
{
    public string? Algorithm { get; set; }
    public int? Size { get; set; }
    public string? RotationPolicy { get; set; }
}

internal sealed class ServiceMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();
    public IList<ScrapedEndpoint> Endpoints { get; set; } = [];
}

internal sealed class ScrapedEndpoint
{
    public string? Port { get; set; }
    public string? Path { get; set; }
    public string? Interval { get; set; }
    public IList<Relabeling> Relabelings { get; set; } = [];
}

internal sealed class Relabeling
{
    public string? TargetLabel { get; set; }
    public string? Replacement { get; set; }
}

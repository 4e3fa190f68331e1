// dotnet run strict.cs FILE...: reads files of Kubernetes objects by the types of the official client, which refuses a field that it
// does not know, one that is there twice, and a value of another type.
#:package KubernetesClient
#:property PublishAot=false
#:property GenerateDocumentationFile=false
using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

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
internal abstract class CustomObject
{
    public required string ApiVersion { get; init; }
    public required string Kind { get; init; }
    public required V1ObjectMeta Metadata { get; init; }
}

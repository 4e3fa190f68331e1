namespace MailProxy.Server;

/// <summary><c>--probe URL</c>: asks the HTTP side of a running program, for images that have no other HTTP client.</summary>
internal static class Probe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <returns>The exit code: 0 where the answer is 2xx, else 1; why not is told on stderr.</returns>
    public static async Task<int> RunAsync(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            Console.Error.WriteLine($"mailproxy: \"{url}\" is no URL of http or https");
            return 1;
        }

        using var http = new HttpClient { Timeout = Limit };
        try
        {
            using var answer = await http.GetAsync(uri);
            if (answer.IsSuccessStatusCode) return 0;
            Console.Error.WriteLine($"mailproxy: {url} answers {(int)answer.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            Console.Error.WriteLine($"mailproxy: {url} does not answer: {exception.Message}");
        }

        return 1;
    }
}

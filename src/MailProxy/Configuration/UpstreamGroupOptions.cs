namespace MailProxy.Configuration;

/// <summary>One <c>upstream name { }</c> of <c>mail { }</c>: servers that stand for each other.</summary>
internal sealed class UpstreamGroupOptions : OptionBlock
{
    /// <summary>Where the block stands, <c>FILE:LINE</c>, or its configuration key. For messages only.</summary>
    public string Source { get; set; } = "";

    /// <summary>The name behind <c>upstream</c>, as <c>proxy_pass</c> and <c>Auth-Server</c> say it.</summary>
    public string Name { get; set; } = "";
}

using MailProxy.Configuration.Syntax;

namespace MailProxy.Configuration.Binding;

/// <summary>Opens the <c>include</c>s of a block that is skipped. What cannot be read there is nobody's error here.</summary>
internal sealed class SkippedFiles(LoadContext context)
{
    // A file may include itself.
    private const int Deepest = 16;
    private const int MostNodes = 100_000;

    private int _nodes;

    /// <summary>The directives of a block, those of included files in their place.</summary>
    public IReadOnlyList<ConfNode> Children(ConfNode block) => [.. Open(block.Children ?? [], depth: 0)];

    private IEnumerable<ConfNode> Open(IEnumerable<ConfNode> nodes, int depth)
    {
        foreach (var node in nodes)
        {
            if (node.Error is not null || ++_nodes > MostNodes) yield break;
            if (node is not { Children: null, Words: ["include", var pattern] })
            {
                yield return node;
                continue;
            }

            if (depth == Deepest) continue;
            foreach (var file in ConfGlob.Expand(context.BesideConf(pattern)))
            {
                foreach (var included in Open(Read(file), depth + 1)) yield return included;
            }
        }
    }

    private static IReadOnlyList<ConfNode> Read(string path)
    {
        try
        {
            return File.Exists(path) ? ConfParser.ParseFile(File.ReadAllBytes(path), path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

namespace MailProxy.Configuration.Binding;

/// <summary>A directive that is the file's structure rather than a value: <see cref="ConfReader"/> follows it.</summary>
internal abstract class StructureGrammar : ValueGrammar
{
    public override string Syntax(ValueAttribute attribute) => "";

    public override void Read(DirectiveCall call)
    {
    }
}

/// <summary>A block that is read.</summary>
internal class BlockGrammar : StructureGrammar
{
    public override (int Least, int Most) Arguments => (0, 0);
}

/// <summary>A block with a name, which is read.</summary>
internal sealed class NamedBlockGrammar : BlockGrammar
{
    public override (int Least, int Most) Arguments => (1, 1);
}

/// <summary>A block of another nginx module, which is skipped.</summary>
internal sealed class SkippedBlockGrammar : BlockGrammar;

/// <summary><c>include</c>.</summary>
internal sealed class IncludeGrammar : StructureGrammar;

/// <summary>One word, but not behind any block.</summary>
internal sealed class LoadModuleGrammar : StructureGrammar;

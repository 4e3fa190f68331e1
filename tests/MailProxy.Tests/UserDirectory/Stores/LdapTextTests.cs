using MailProxy.UserDirectory.Stores.Ldap;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>Logins in filters (RFC 4515) and names (RFC 4514) stay values.</summary>
public sealed class LdapTextTests
{
    [Theory]
    [InlineData("alice", "(uid=alice)")]
    [InlineData("*", "(uid=\\2a)")]
    [InlineData("a)(objectClass=*", "(uid=a\\29\\28objectClass=\\2a)")]
    [InlineData("a\\2a", "(uid=a\\5c2a)")]
    [InlineData("a\0b", "(uid=a\\00b)")]
    [InlineData("jürgen", "(uid=jürgen)")]
    [InlineData("%d", "(uid=%d)")]
    public void A_login_in_a_filter_is_escaped(string login, string filter) => Assert.Equal(filter, LdapText.Filter("(uid=%u)", login));

    [Theory]
    [InlineData("alice", "uid=alice,dc=x")]
    [InlineData("alice,ou=admins", "uid=alice\\,ou\\=admins,dc=x")]
    [InlineData("#a", "uid=\\#a,dc=x")]
    [InlineData("a#", "uid=a#,dc=x")]
    [InlineData(" a b ", "uid=\\ a b\\ ,dc=x")]
    [InlineData("\"+;<>\\", "uid=\\\"\\+\\;\\<\\>\\\\,dc=x")]
    [InlineData("a\0", "uid=a\\00,dc=x")]
    public void A_login_in_a_name_is_escaped(string login, string dn) => Assert.Equal(dn, LdapText.Dn("uid=%u,dc=x", login));

    [Theory]
    [InlineData("bob@example.org", "bob|example.org|%|x")]
    [InlineData("bob", "bob||%|x")]
    [InlineData("bob@a@b", "bob|a@b|%|x")]
    public void A_template_has_Dovecots_variables(string login, string text) => Assert.Equal(text, LdapText.Filter("%n|%d|%%|x", login));
}

#include "edit_check.h"

static const char community[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
    "<!-- caf\xe9 -->\r\n"
    "<Config>\r\n"
    "  <LDAP DirRefreshInterval=\"60\">\r\n"
    "    <Connection Port='389' HostName=\"ldap1.corp.test\"\r\n"
    "      PersonResolveFilter=\"(&amp;(cn=%s*)(x=&#65;))\"/>\r\n"
    "    <Connection HostName = \"ldap2.corp.test\" />\r\n"
    "    <Name>A &amp; B</Name><Empty/>\r\n"
    "    <Data><![CDATA[a<b]]></Data>\r\n"
    "    <Mixed>a<!-- b --></Mixed>\r\n"
    "  </LDAP>\r\n"
    "  <ns:Set ns:Id=\"1\" xmlns:ns=\"urn:x\"/>\r\n"
    "</Config>";

static void
gives(enum doc_change change, const char *path, const char *value,
    const char *from, const char *to)
{
	AUTO_BUF struct buf	 want = BUF_INIT;
	const char		*at = strstr(community, from);

	assert_non_null(at);
	buf_add(&want, community, (size_t)(at - community));
	buf_puts(&want, to);
	buf_puts(&want, at + strlen(from));
	edit_gives(&doc_xml, community, change, path, value, buf_str(&want));
}

static void
an_attribute_is_read_by_its_path(void **state)
{
	(void)state;
	reads_as(&doc_xml, community, "LDAP/Connection[1]/@HostName",
	    "ldap1.corp.test");
	reads_as(&doc_xml, community, "Config/LDAP[1]/Connection[2]/@HostName",
	    "ldap2.corp.test");
	reads_as(&doc_xml, community, "/Config/LDAP/@DirRefreshInterval",
	    "60");
	reads_as(&doc_xml, community, "LDAP/Connection/@HostName", NULL);
	reads_as(&doc_xml, community, "LDAP/Connection[3]/@HostName", NULL);
	reads_as(&doc_xml, community, "LDAP/Connection[1]/@PersonResolveFilter",
	    "(&(cn=%s*)(x=A))");
	reads_as(&doc_xml, community, "ns:Set/@ns:Id", "1");
}

static void
the_text_of_an_element_is_read(void **state)
{
	(void)state;
	reads_as(&doc_xml, community, "LDAP/Name", "A & B");
	reads_as(&doc_xml, community, "LDAP/Data", "a<b");
	reads_as(&doc_xml, community, "LDAP/Empty", "");
	reads_as(&doc_xml, "<a>/</a>", "a", "/");
	reads_as(&doc_xml, "<a>/</a>", "", "/");
}

static void
a_changed_attribute_keeps_its_quotes_and_is_escaped(void **state)
{
	(void)state;
	gives(DOC_SET, "LDAP/Connection[1]/@Port", "it's <636>",
	    "'389'", "'it&apos;s &lt;636&gt;'");
	gives(DOC_SET, "LDAP/Connection[2]/@HostName", "a\"b&c\n",
	    "ldap2.corp.test", "a&quot;b&amp;c&#10;");
}

static void
an_attribute_is_added_after_the_last_one(void **state)
{
	(void)state;
	gives(DOC_SET, "LDAP/Connection[1]/@SSLPort", "636", "))\"/>",
	    "))\"\r\n      SSLPort=\"636\"/>");
	gives(DOC_SET, "LDAP/Connection[2]/@SSLPort", "636", ".test\" />",
	    ".test\" SSLPort=\"636\" />");
	gives(DOC_SET, "LDAP/Name/@x", "1", "<Name>", "<Name x=\"1\">");
	gives(DOC_SET, "LDAP/Empty/@x", "1", "<Empty/>", "<Empty x=\"1\"/>");
}

static void
an_attribute_is_removed_with_its_space(void **state)
{
	(void)state;
	gives(DOC_UNSET, "LDAP/@DirRefreshInterval", NULL,
	    " DirRefreshInterval=\"60\"", "");
	gives(DOC_UNSET, "LDAP/Connection[1]/@PersonResolveFilter", NULL,
	    "\r\n      PersonResolveFilter=\"(&amp;(cn=%s*)(x=&#65;))\"",
	    "");
}

static void
text_is_changed_as_it_is_written(void **state)
{
	(void)state;
	gives(DOC_SET, "LDAP/Name", "<C>", "A &amp; B", "&lt;C&gt;");
	gives(DOC_SET, "LDAP/Data", "c&d", "a<b", "c&d");
	gives(DOC_SET, "LDAP/Data", "c]]>d", "<![CDATA[a<b]]>",
	    "c]]&gt;d");
	gives(DOC_SET, "LDAP/Empty", "x", "<Empty/>", "<Empty>x</Empty>");
}

static void
what_cannot_be_changed_is_refused_by_name(void **state)
{
	(void)state;
	edit_refused(&doc_xml, community, DOC_SET, "LDAP/Server/@Port", "1",
	    "no element LDAP/Server");
	edit_refused(&doc_xml, community, DOC_SET, "LDAP/Connection/@Port",
	    "1", "several LDAP/Connection");
	edit_refused(&doc_xml, community, DOC_SET, "LDAP", "x",
	    "holds elements");
	edit_refused(&doc_xml, community, DOC_SET, "LDAP/Mixed", "x",
	    "comment");
	edit_refused(&doc_xml, community, DOC_UNSET, "LDAP/Name", NULL,
	    "only attributes");
	edit_refused(&doc_xml, community, DOC_SET, "LDAP/@1x", "1",
	    "not the name");
	edit_refused(&doc_xml, community, DOC_SET, "LDAP/Name", "\x01",
	    "control character");
}

/* Expat reads both; a reader that knows namespaces reads neither. */
static void
a_prefix_without_its_declaration_is_refused(void **state)
{
	static const char text[] = "<a xmlns:n='urn:x'><n:b n:c='1'/></a>";

	(void)state;
	edit_gives(&doc_xml, text, DOC_SET, "n:b/@n:d", "2",
	    "<a xmlns:n='urn:x'><n:b n:c='1' n:d='2'/></a>");
	edit_gives(&doc_xml, text, DOC_SET, "n:b/@xml:lang", "de",
	    "<a xmlns:n='urn:x'><n:b n:c='1' xml:lang='de'/></a>");
	edit_refused(&doc_xml, text, DOC_SET, "n:b/@zz:d", "2", "prefix");
	edit_refused(&doc_xml, text, DOC_UNSET, "@xmlns:n", NULL, "prefix");
	edit_refused(&doc_xml, text, DOC_SET, "@xmlns:n", "", "prefix");
	/* What was so before is not held against the edit. */
	edit_gives(&doc_xml, "<n:a b='1'/>", DOC_SET, "@b", "2",
	    "<n:a b='2'/>");
}

static void
a_doctype_is_refused(void **state)
{
	static const char bomb[] = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";

	(void)state;
	unreadable(&doc_xml, bomb, strlen(bomb), "DOCTYPE");
}

static void
another_encoding_is_refused_by_name(void **state)
{
	static const char latin[] =
	    "<?xml version='1.0' encoding='ISO-8859-1'?><a/>";
	static const char wide[] = "\xff\xfe<\0a\0/\0>\0";

	(void)state;
	unreadable(&doc_xml, latin, strlen(latin), "ISO-8859-1");
	unreadable(&doc_xml, wide, sizeof(wide) - 1, "UTF-16");
	unreadable(&doc_xml, "<a>\n<b c='\xe9'/></a>", 18, "Line 2");
	reads_as(&doc_xml, "\xef\xbb\xbf<a b='1'/>", "@b", "1");
}

static void
what_is_no_xml_is_refused_with_line_and_column(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	int			 i;

	(void)state;
	unreadable(&doc_xml, "<a>\n  <b></a>", 13, "line 2, column 8");
	unreadable(&doc_xml, "", 0, "no element");
	for (i = 0; i < 100000; i++)
		buf_puts(&text, "<a>");
	unreadable(&doc_xml, buf_str(&text), text.len, "deeper than 1000");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attribute_is_read_by_its_path),
		cmocka_unit_test(the_text_of_an_element_is_read),
		cmocka_unit_test(
		    a_changed_attribute_keeps_its_quotes_and_is_escaped),
		cmocka_unit_test(an_attribute_is_added_after_the_last_one),
		cmocka_unit_test(an_attribute_is_removed_with_its_space),
		cmocka_unit_test(text_is_changed_as_it_is_written),
		cmocka_unit_test(what_cannot_be_changed_is_refused_by_name),
		cmocka_unit_test(
		    a_prefix_without_its_declaration_is_refused),
		cmocka_unit_test(a_doctype_is_refused),
		cmocka_unit_test(another_encoding_is_refused_by_name),
		cmocka_unit_test(
		    what_is_no_xml_is_refused_with_line_and_column),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}

#include "edit_check.h"

#include <stdio.h>
#include <stdlib.h>

static const char compose[] =
    "# sametime\n"
    "x-common: &common\n"
    "  restart: always   # keep\n"
    "  logging: {driver: json-file, options: {max-size: 10m}}\n"
    "services:\n"
    "  nginx:\n"
    "    <<: *common\n"
    "    image: \"st/meetings-web:1\"\n"
    "    ports:\n"
    "      - \"80:80\"   # plain\n"
    "      # tls\n"
    "      - 443:443\n"
    "    labels:\n"
    "    - one\n"
    "  \"a.b\":\n"
    "    image: 'x'\n"
    "    command: |\n"
    "      one\n"
    "      two\n"
    "\n"
    "    tty:\n"
    "  mux:\n"
    "    logging: *common\n"
    "    env_file: []\n";

/* compose with one place changed. */
static void
gives(enum doc_change change, const char *path, const char *value,
    const char *from, const char *to)
{
	AUTO_BUF struct buf	 want = BUF_INIT;
	const char		*at = strstr(compose, from);

	assert_non_null(at);
	buf_add(&want, compose, (size_t)(at - compose));
	buf_puts(&want, to);
	buf_puts(&want, at + strlen(from));
	edit_gives(&doc_yaml, compose, change, path, value, buf_str(&want));
}

static void
a_value_is_read_by_its_path(void **state)
{
	(void)state;
	reads_as(&doc_yaml, compose, "services.nginx.ports[0]", "80:80");
	reads_as(&doc_yaml, compose, "services[\"a.b\"].image", "x");
	reads_as(&doc_yaml, compose, "[\"services\"].nginx[\"image\"]",
	    "st/meetings-web:1");
	reads_as(&doc_yaml, compose, "services[\"a.b\"].command",
	    "one\ntwo\n");
	reads_as(&doc_yaml, compose, "x-common.logging.options.max-size",
	    "10m");
	reads_as(&doc_yaml, compose, "services.nginx.ports[2]", NULL);
	reads_as(&doc_yaml, compose, "services.nginx.ports.0", NULL);
}

static void
a_changed_value_keeps_its_quotes_and_comment(void **state)
{
	(void)state;
	gives(DOC_SET, "services.nginx.image", "new", "st/meetings-web:1",
	    "new");
	gives(DOC_SET, "services[\"a.b\"].image", "it's", "'x'", "'it''s'");
	gives(DOC_SET, "services.nginx.ports[0]", "81:80", "80:80",
	    "81:80");
	gives(DOC_SET, "x-common.restart", "no", "always   #",
	    "\"no\"   #");
	gives(DOC_SET, "services[\"a.b\"].tty", "true", "tty:", "tty: true");
}

static void
a_block_value_stays_a_block(void **state)
{
	(void)state;
	gives(DOC_SET, "services[\"a.b\"].command", "three\n",
	    "|\n      one\n      two\n", "|\n      three\n");
	gives(DOC_SET, "services[\"a.b\"].command", "a\n\nb",
	    "|\n      one\n      two\n", "|-\n      a\n\n      b\n");
	gives(DOC_SET, "services[\"a.b\"].command", " x",
	    "|\n      one\n      two\n", "\" x\"\n");
	edit_gives(&doc_yaml, "a: >+ # why\r\n   one\r\n\r\nb: 1\r\n",
	    DOC_SET, "a", "two", "a: >- # why\r\n   two\r\nb: 1\r\n");
	edit_gives(&doc_yaml, "a: |\r\n  one\r\n  two\r\n\r\nb: 1\r\n",
	    DOC_SET, "a", "x\ny\n",
	    "a: |\r\n  x\r\n  y\r\n\r\nb: 1\r\n");
	edit_gives(&doc_yaml, "a: >-\r\n  one\r\nb: 1\r\n",
	    DOC_SET, "a", "x", "a: >-\r\n  x\r\nb: 1\r\n");
}

static void
text_that_reads_as_another_type_is_quoted(void **state)
{
	static const char *const odd[] = { "yes", "off", "null", "~", "010",
	    "0x1F", "1e3", "1.10", "22:22", "2024-05-01", "<<", "",
	    "12", "true", ".inf", "+1" };
	static const char *const bad[] = { "a: b", "a #b", "# a", "- a", "*a",
	    "&a", "!a", "%a", "@a", "{a", "[a", "a:", " a", "a ", "? a",
	    "|", ">", "--- a", "..." };
	size_t	 i;
	char	 want[64];

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		snprintf(want, sizeof(want), "a: \"%s\"\n", odd[i]);
		edit_gives(&doc_yaml, "a: text\n", DOC_SET, "a", odd[i],
		    want);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(want, sizeof(want), "a: \"%s\"\n", bad[i]);
		edit_gives(&doc_yaml, "a: 1\n", DOC_SET, "a", bad[i], want);
	}
	edit_gives(&doc_yaml, "a: text\n", DOC_SET, "a", "x\ny\tz",
	    "a: \"x\\ny\\tz\"\n");
	edit_gives(&doc_yaml, "a: text\n", DOC_SET, "a", "\"q\": b",
	    "a: '\"q\": b'\n");
}

static void
an_entry_of_the_outermost_list_is_removed(void **state)
{
	(void)state;
	edit_gives(&doc_yaml, "- a\n- b\n- c: 1\n", DOC_UNSET, "[0]", NULL,
	    "- b\n- c: 1\n");
	edit_gives(&doc_yaml, "- a\n- b\n- c: 1\n", DOC_UNSET, "[1]", NULL,
	    "- a\n- c: 1\n");
}

static void
a_number_stays_a_number(void **state)
{
	(void)state;
	edit_gives(&doc_yaml, "a: 443\n", DOC_SET, "a", "8443", "a: 8443\n");
	edit_gives(&doc_yaml, "a: yes\n", DOC_SET, "a", "no", "a: no\n");
	edit_gives(&doc_yaml, "a: 443\n", DOC_SET, "a", "yes",
	    "a: \"yes\"\n");
	edit_gives(&doc_yaml, "a: 443\n", DOC_SET, "b", "false",
	    "a: 443\nb: false\n");
	edit_gives(&doc_yaml, "a: '443'\n", DOC_SET, "a", "8443",
	    "a: '8443'\n");
}

static void
an_entry_is_added_as_its_siblings_are(void **state)
{
	(void)state;
	gives(DOC_SET, "services.nginx.ports[2]", "81:81",
	    "      - 443:443\n",
	    "      - 443:443\n      - \"81:81\"\n");
	gives(DOC_SET, "services.nginx.labels[1]", "two", "    - one\n",
	    "    - one\n    - two\n");
	gives(DOC_SET, "services.nginx.tty", "true", "    - one\n",
	    "    - one\n    tty: true\n");
	gives(DOC_SET, "services.mux.env_file[0]", "a.env", "[]", "[a.env]");
	gives(DOC_SET, "x-common.logging[\"a.b\"]", "1", "10m}}",
	    "10m}, a.b: 1}");
	edit_gives(&doc_yaml, "a: {\n  b: 1, # c\n  d: 2 # e\n}", DOC_SET,
	    "a.f", "3",
	    "a: {\n  b: 1, # c\n  d: 2, # e\n  f: 3\n}");
	edit_gives(&doc_yaml, "{\"a\":1,\"b\":\"c\"}", DOC_SET, "d", "e",
	    "{\"a\":1,\"b\":\"c\",\"d\": \"e\"}");
	edit_gives(&doc_yaml, "a:\r\n- b: 1", DOC_SET, "a[0].c", "x",
	    "a:\r\n- b: 1\r\n  c: x");
}

static void
an_entry_is_removed_with_its_line(void **state)
{
	(void)state;
	gives(DOC_UNSET, "services.nginx.ports[0]", NULL,
	    "      - \"80:80\"   # plain\n", "");
	gives(DOC_UNSET, "services[\"a.b\"].command", NULL,
	    "    command: |\n      one\n      two\n", "");
	gives(DOC_UNSET, "x-common.logging.driver", NULL,
	    "driver: json-file, ", "");
	gives(DOC_UNSET, "x-common.logging.options", NULL,
	    ", options: {max-size: 10m}", "");
	gives(DOC_UNSET, "x-common.logging.options.max-size", NULL,
	    "max-size: 10m", "");
	edit_gives(&doc_yaml, "- a: 1\n  b: 2\n", DOC_UNSET, "[0].a", NULL,
	    "- b: 2\n");
}

/* Without it the parent would be null, which compose refuses. */
static void
the_last_entry_leaves_empty_brackets(void **state)
{
	(void)state;
	gives(DOC_UNSET, "services.nginx.labels[0]", NULL,
	    "labels:\n    - one", "labels: []");
	edit_gives(&doc_yaml, "a:\n  # why\n  b: 1 # x\n", DOC_UNSET, "a.b",
	    NULL, "a:\n  # why\n  {} # x\n");
	edit_gives(&doc_yaml, "a: 1\n", DOC_UNSET, "a", NULL, "{}\n");
}

static void
what_comes_from_an_anchor_is_shown_and_refused(void **state)
{
	struct doc		 doc;
	const struct doc_node	*n;

	(void)state;
	assert_true(doc_parse(&doc, &doc_yaml, compose, strlen(compose),
	    NULL));
	n = doc_find(&doc, "services.nginx.restart");
	assert_non_null(n);
	assert_string_equal(n->value, "always");
	assert_string_equal(n->anchor, "common");
	n = doc_find(&doc, "services.mux.logging");
	assert_int_equal(n->kind, DOC_ALIAS);
	assert_string_equal(n->value, "common");
	n = doc_find(&doc, "services.mux.logging.logging.options.max-size");
	assert_string_equal(n->anchor, "common");
	doc_fini(&doc);
	edit_refused(&doc_yaml, compose, DOC_SET, "services.nginx.restart",
	    "no", "Line 7 takes services.nginx.restart from the anchor common");
	edit_refused(&doc_yaml, compose, DOC_UNSET, "services.mux.logging",
	    NULL, "anchor common");
	edit_refused(&doc_yaml, compose, DOC_SET, "services.mux.logging.x",
	    "1", "anchor common");
	edit_refused(&doc_yaml, compose, DOC_SET,
	    "services.nginx.logging.driver", "syslog", "anchor common");
}

static void
what_cannot_be_added_is_refused_by_name(void **state)
{
	(void)state;
	edit_refused(&doc_yaml, compose, DOC_SET, "services.web.image", "x",
	    "there is no services.web");
	edit_refused(&doc_yaml, compose, DOC_SET, "services[\"a.b\"].tty.x",
	    "1", "is empty");
	edit_refused(&doc_yaml, compose, DOC_SET, "services.nginx.ports[4]",
	    "1", "[2]");
	edit_refused(&doc_yaml, compose, DOC_SET, "services.nginx.ports.x",
	    "1", "is a list");
	edit_refused(&doc_yaml, compose, DOC_SET, "services[0]", "1",
	    "has names");
	edit_refused(&doc_yaml, compose, DOC_SET, "services", "1",
	    "not a single value");
	edit_refused(&doc_yaml, compose, DOC_SET, "services..x", "1",
	    "not a YAML path");
	edit_refused(&doc_yaml, compose, DOC_SET, "3:a", "1",
	    "does not have");
	edit_refused(&doc_yaml, "a: !vault x\n", DOC_SET, "a", "y", "tag");
	edit_refused(&doc_yaml, "# only a comment\n", DOC_SET, "a", "y",
	    "no entries");
}

static void
a_document_has_its_number(void **state)
{
	static const char two[] = "a: 1\n---\na: 2\n...\n---\n- x\n";

	(void)state;
	reads_as(&doc_yaml, two, "a", "1");
	reads_as(&doc_yaml, two, "0:a", "1");
	reads_as(&doc_yaml, two, "1:a", "2");
	reads_as(&doc_yaml, two, "2:[0]", "x");
	edit_gives(&doc_yaml, two, DOC_SET, "1:b", "3",
	    "a: 1\n---\na: 2\nb: 3\n...\n---\n- x\n");
	edit_gives(&doc_yaml, two, DOC_SET, "2:[1]", "z",
	    "a: 1\n---\na: 2\n...\n---\n- x\n- z\n");
}

static void
a_key_that_stands_twice_is_refused_with_both_lines(void **state)
{
	static const char twice[] = "a:\n  b: 1\n  c: 2\n  \"b\": 3\n";
	struct err	 e;
	struct doc	 doc;

	(void)state;
	assert_false(doc_parse(&doc, &doc_yaml, twice, strlen(twice), &e));
	assert_non_null(strstr(e.msg, "a.b"));
	assert_non_null(strstr(e.msg, "line 2"));
	assert_non_null(strstr(e.msg, "line 4"));
	doc_fini(&doc);
}

static void
odd_bytes_stay_where_they_are(void **state)
{
	static const char odd[] = "\xef\xbb\xbf# caf\xe9 \x01\x7f\r\n"
	    "gr\xc3\xbc\xc3\x9f: \xe2\x82\xac # \xff\t \r\n"
	    "b:\t1   \r\nc: '\xf0\x9f\x98\x80' # \xc0\x80";

	(void)state;
	edit_gives(&doc_yaml, odd, DOC_SET, "c", "2",
	    "\xef\xbb\xbf# caf\xe9 \x01\x7f\r\n"
	    "gr\xc3\xbc\xc3\x9f: \xe2\x82\xac # \xff\t \r\n"
	    "b:\t1   \r\nc: '2' # \xc0\x80");
	edit_gives(&doc_yaml, odd, DOC_SET, "d", "\xc3\xa9",
	    "\xef\xbb\xbf# caf\xe9 \x01\x7f\r\n"
	    "gr\xc3\xbc\xc3\x9f: \xe2\x82\xac # \xff\t \r\n"
	    "b:\t1   \r\nc: '\xf0\x9f\x98\x80' # \xc0\x80\r\nd: \xc3\xa9");
	unreadable(&doc_yaml, "a: 1\nb: caf\xe9\n", 12, "Line 2");
	unreadable(&doc_yaml, "a: |\n  \xe9 # x\n", 13, "Line 2");
	unreadable(&doc_yaml, "k\xe9y: 1\n", 8, "Line 1");
	unreadable(&doc_yaml, "a: \"\\0\"\n", 8, "NUL");
}

static void
what_is_no_yaml_is_refused_with_line_and_column(void **state)
{
	(void)state;
	unreadable(&doc_yaml, "a: 1\nb: [\n", 10, "line 3, column 1");
	unreadable(&doc_yaml, "a: *nowhere\n", 12, "*nowhere at line 1");
	reads_as(&doc_yaml, "&m\n&k key: v\n", "key", "v");
	edit_gives(&doc_yaml, "&v: \n", DOC_SET, "[\"\"]", "1",
	    "&v: 1 \n");
	unreadable(&doc_yaml, "a: 1\n? [b]\n: 2\n", 15, "line 2");
}

static void
a_bomb_of_aliases_stays_small(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct doc		 doc;
	struct err		 e = { 0 };
	int			 i, j;

	(void)state;
	buf_puts(&text, "a0: &a0 {x: 1, y: 2}\n");
	for (i = 1; i < 40; i++) {
		buf_printf(&text, "a%d: &a%d\n", i, i);
		for (j = 0; j < 9; j++)
			buf_printf(&text, "  - *a%d\n", i - 1);
	}
	buf_puts(&text, "end: {b: *a39}\n");
	assert_true(doc_parse(&doc, &doc_yaml, buf_str(&text), text.len,
	    &e));
	assert_true(doc.n < 11000);
	doc_fini(&doc);
	edit_refused(&doc_yaml, buf_str(&text), DOC_SET,
	    "end.b[0][0][0][0][0][0][0][0].x", "1", "anchor a39");
}

static void
deep_nesting_is_refused(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	int			 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_putc(&text, '[');
	unreadable(&doc_yaml, buf_str(&text), text.len, "deeper than 1000");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_read_by_its_path),
		cmocka_unit_test(a_changed_value_keeps_its_quotes_and_comment),
		cmocka_unit_test(a_block_value_stays_a_block),
		cmocka_unit_test(text_that_reads_as_another_type_is_quoted),
		cmocka_unit_test(an_entry_of_the_outermost_list_is_removed),
		cmocka_unit_test(a_number_stays_a_number),
		cmocka_unit_test(an_entry_is_added_as_its_siblings_are),
		cmocka_unit_test(an_entry_is_removed_with_its_line),
		cmocka_unit_test(the_last_entry_leaves_empty_brackets),
		cmocka_unit_test(
		    what_comes_from_an_anchor_is_shown_and_refused),
		cmocka_unit_test(what_cannot_be_added_is_refused_by_name),
		cmocka_unit_test(a_document_has_its_number),
		cmocka_unit_test(
		    a_key_that_stands_twice_is_refused_with_both_lines),
		cmocka_unit_test(odd_bytes_stay_where_they_are),
		cmocka_unit_test(
		    what_is_no_yaml_is_refused_with_line_and_column),
		cmocka_unit_test(a_bomb_of_aliases_stays_small),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}

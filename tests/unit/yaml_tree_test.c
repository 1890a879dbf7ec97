#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/buf.h"
#include "stconsole/mem.h"
#include "stconsole/yaml_tree.h"

static void
is_refused(const char *text, const char *word)
{
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	struct err			 e;

	err_clear(&e);
	assert_false(yaml_tree_parse(&t, "x.yaml", text, strlen(text), &e));
	assert_int_equal(e.domain, ERR_YAML);
	if (strstr(e.msg, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.msg, word);
	assert_null(t.root);
}

static void
parse(struct yaml_tree *t, const char *text)
{
	struct err e;

	if (!yaml_tree_parse(t, "x.yaml", text, strlen(text), &e))
		fail_msg("%s", e.msg);
}

static void
every_scalar_is_text_with_its_line(void **state)
{
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	const struct yaml_node		*n;

	(void)state;
	parse(&t, "a: off\nb:\n  - 'x'\n  - {c: 007}\nd:\n");
	assert_string_equal(yaml_node_text(t.root, "a"), "off");
	n = yaml_node_get(t.root, "b");
	assert_int_equal(n->kind, YAML_KIND_LIST);
	assert_int_equal(n->count, 2);
	assert_int_equal(n->key_line, 2);
	assert_string_equal(n->children->text, "x");
	assert_null(n->children->key);
	assert_int_equal(n->children->line, 3);
	assert_int_equal(n->children->column, 5);
	assert_string_equal(yaml_node_text(n->children->next, "c"), "007");
	assert_null(n->children->next->next);
	assert_string_equal(yaml_node_text(t.root, "d"), "");
	assert_null(yaml_node_text(t.root, "b"));
	assert_null(yaml_node_get(t.root, "none"));
	assert_null(yaml_node_get(NULL, "a"));
}

static void
doubtful_files_are_refused_with_file_and_line(void **state)
{
	(void)state;
	is_refused("a: 1\nb: 2\na: 3\n", "x.yaml:3: a stands twice, "
	    "before at line 1");
	is_refused("a: &x 1\nb: *x\n", "x.yaml:1: anchors");
	is_refused("a: &x [1]\n", "x.yaml:1: anchors");
	is_refused("a: &x {b: 1}\n", "x.yaml:1: anchors");
	is_refused("a: 1\nb: !!str 1\n", "x.yaml:2: anchors");
	is_refused("a: 1\n--- \nb: 2\n", "x.yaml:2: a second document");
	is_refused("", "holds nothing");
	is_refused("# only words\n", "holds nothing");
	is_refused("a: 1\n? [b]\n: 2\n", "x.yaml:2: a key must be a word");
	is_refused("a: \"x\\0y\"\n", "x.yaml:1: a NUL");
	is_refused("a: [1\nb: 2\n", "x.yaml:2:");
	is_refused("a: \xff\n", "x.yaml:");
}

static void
size_depth_and_entries_have_a_limit(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int			 i;

	(void)state;
	for (i = 0; i <= YAML_TREE_DEPTH_MAX; i++)
		buf_putc(&b, '[');
	is_refused(buf_str(&b), "nested too deep");
	buf_reset(&b);
	for (i = 0; i <= YAML_TREE_ENTRIES_MAX; i++)
		buf_puts(&b, "- x\n");
	is_refused(buf_str(&b), "x.yaml:2049: a list");
	buf_reset(&b);
	while (b.len <= YAML_TREE_SIZE_MAX)
		buf_puts(&b, "# nothing but words\n");
	is_refused(buf_str(&b), "larger than");
}

static void
an_unknown_key_names_line_and_nearest(void **state)
{
	static const char *const	 keys[] = { "title", "fields" };
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	struct err			 e;

	(void)state;
	parse(&t, "title: x\nfeilds: []\n");
	err_clear(&e);
	assert_false(yaml_node_known(t.root, keys, LENGTH(keys), &e));
	assert_string_equal(e.msg, "x.yaml:2: unknown key feilds");
	assert_non_null(strstr(e.hint, "fields"));
	assert_false(yaml_node_known(t.root->children, keys, LENGTH(keys),
	    &e));
	assert_string_equal(e.msg, "x.yaml:1: title must be a map (name: "
	    "value)");
}

static void
words_and_booleans_are_exact(void **state)
{
	static const char *const	 words[] = { "menu", "form" };
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	struct err			 e;
	size_t				 i = 9;
	bool				 b = false;

	(void)state;
	parse(&t, "kind: form\nyes: true\nno: yes\nqqqqqqqq: q");
	assert_true(yaml_node_word(yaml_node_get(t.root, "kind"), words, 2,
	    &i, &e));
	assert_int_equal(i, 1);
	assert_true(yaml_node_bool(yaml_node_get(t.root, "yes"), &b, &e));
	assert_true(b);
	assert_false(yaml_node_bool(yaml_node_get(t.root, "no"), &b, &e));
	assert_string_equal(e.msg, "x.yaml:3: no cannot be \"yes\"");
	assert_false(yaml_node_word(yaml_node_get(t.root, "qqqqqqqq"), words,
	    2, &i, &e));
	assert_string_equal(e.hint, "Known here: menu, form");
}

static void
a_missing_file_is_an_error_that_names_it(void **state)
{
	AUTO_YAML_TREE struct yaml_tree	 t = YAML_TREE_INIT;
	struct err			 e;

	(void)state;
	assert_false(yaml_tree_read(&t, "/nonexistent/a.yaml", &e));
	assert_non_null(strstr(e.msg, "/nonexistent/a.yaml"));
	assert_null(t.root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_is_text_with_its_line),
		cmocka_unit_test(
		    doubtful_files_are_refused_with_file_and_line),
		cmocka_unit_test(size_depth_and_entries_have_a_limit),
		cmocka_unit_test(an_unknown_key_names_line_and_nearest),
		cmocka_unit_test(words_and_booleans_are_exact),
		cmocka_unit_test(a_missing_file_is_an_error_that_names_it)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

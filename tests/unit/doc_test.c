#include "edit_check.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* A format for the proof alone: "path value" lines, parsed by nobody. */
struct item {
	const char	*path, *value;
	enum doc_kind	 kind;
};

static const struct doc_format doc_plain = { .name = "plain" };

static void
doc_of(struct doc *doc, const struct item *items)
{
	*doc = (struct doc){ .format = &doc_plain };
	for (; items->path != NULL; items++) {
		struct doc_node *n = doc_node_add(doc, strdup(items->path),
		    items->value != NULL ? strdup(items->value) : NULL, NULL);

		assert_non_null(n);
		n->kind = items->kind;
	}
}

static bool
is_proved(const struct item *before, const struct item *after,
    enum doc_change change, const char *path, const char *value)
{
	struct doc	 b, a;
	struct err	 e = { 0 };
	bool		 ok;

	doc_of(&b, before);
	doc_of(&a, after);
	ok = doc_prove(&b, &a, change, path, value, &e);
	assert_int_equal(ok, e.msg[0] == '\0');
	doc_fini(&b);
	doc_fini(&a);
	return ok;
}

#define ITEMS(...)	((const struct item[]){ __VA_ARGS__, { 0 } })
#define NONE		((const struct item[]){ { 0 } })

static void
proof_accepts_the_intended_change_only(void **state)
{
	const struct item *ab = ITEMS({ "a", "1", 0 }, { "b", "2", 0 });

	(void)state;
	assert_true(is_proved(ab, ITEMS({ "a", "9", 0 }, { "b", "2", 0 }),
	    DOC_SET, "a", "9"));
	assert_false(is_proved(ab, ITEMS({ "a", "8", 0 }, { "b", "2", 0 }),
	    DOC_SET, "a", "9"));
	assert_false(is_proved(ab, ITEMS({ "a", "9", 0 }, { "b", "3", 0 }),
	    DOC_SET, "a", "9"));
	assert_false(is_proved(ab, ITEMS({ "a", "9", 0 }), DOC_SET, "a",
	    "9"));
	assert_false(is_proved(ab, ITEMS({ "b", "2", 0 }, { "a", "9", 0 }),
	    DOC_SET, "a", "9"));
	assert_false(is_proved(ab,
	    ITEMS({ "a", "9", 0 }, { "b", "2", DOC_ALIAS }), DOC_SET, "a",
	    "9"));
}

static void
proof_of_an_addition_wants_exactly_one(void **state)
{
	const struct item *ab = ITEMS({ "a", "1", 0 }, { "b", "2", 0 });

	(void)state;
	assert_true(is_proved(ab, ITEMS({ "a", "1", 0 }, { "c", "3", 0 },
	    { "b", "2", 0 }), DOC_SET, "c", "3"));
	assert_true(is_proved(NONE, ITEMS({ "c", "3", 0 }), DOC_SET, "c",
	    "3"));
	assert_false(is_proved(ab, ab, DOC_SET, "c", "3"));
	assert_false(is_proved(ab, ITEMS({ "a", "1", 0 }, { "d", "3", 0 },
	    { "b", "2", 0 }), DOC_SET, "c", "3"));
	assert_false(is_proved(ab, ITEMS({ "a", "1", 0 }, { "c", "3", 0 },
	    { "b", "4", 0 }), DOC_SET, "c", "3"));
}

static void
proof_of_a_removal_takes_what_is_below_and_recounts(void **state)
{
	const struct item *before = ITEMS({ "s", NULL, DOC_SEQUENCE },
	    { "s[0]", NULL, DOC_MAPPING }, { "s[0].x", "1", 0 },
	    { "s[1]", NULL, DOC_MAPPING }, { "s[1].x", "2", 0 },
	    { "s[10]", "3", 0 });

	(void)state;
	assert_true(is_proved(before, ITEMS({ "s", NULL, DOC_SEQUENCE },
	    { "s[0]", NULL, DOC_MAPPING }, { "s[0].x", "2", 0 },
	    { "s[9]", "3", 0 }), DOC_UNSET, "s[0]", NULL));
	assert_false(is_proved(before, ITEMS({ "s", NULL, DOC_SEQUENCE },
	    { "s[0]", NULL, DOC_MAPPING }, { "s[0].x", "1", 0 },
	    { "s[9]", "3", 0 }), DOC_UNSET, "s[0]", NULL));
	assert_false(is_proved(before, ITEMS({ "s", NULL, DOC_SEQUENCE }),
	    DOC_UNSET, "s[0]", NULL));
	assert_true(is_proved(before, NONE, DOC_UNSET, "s", NULL));
	assert_false(is_proved(before, before, DOC_UNSET, "s", NULL));
}

static void
format_is_known_by_the_name_of_the_file(void **state)
{
	(void)state;
	assert_ptr_equal(doc_format_of("/opt/s/.env"), &doc_env);
	assert_ptr_equal(doc_format_of("custom.env"), &doc_env);
	assert_ptr_equal(doc_format_of("sametime.ini"), &doc_ini);
	assert_ptr_equal(doc_format_of("docker-compose.yml"), &doc_yaml);
	assert_ptr_equal(doc_format_of("values.yaml"), &doc_yaml);
	assert_ptr_equal(doc_format_of("charts/x/templates/auth.yaml"),
	    &doc_helm);
	assert_ptr_equal(doc_format_of("StCommunityConfig.xml"), &doc_xml);
	assert_null(doc_format_of("ltpa.keys"));
}

static void
line_of_an_offset_counts_from_one(void **state)
{
	const char *text = "a\nb\n\nc";

	(void)state;
	assert_int_equal(doc_line_at(text, 0), 1);
	assert_int_equal(doc_line_at(text, 1), 1);
	assert_int_equal(doc_line_at(text, 2), 2);
	assert_int_equal(doc_line_at(text, 5), 4);
}

static void
file_beyond_64_mb_is_refused_with_a_sentence(void **state)
{
	(void)state;
	/* Refused by size alone: the text is not looked at. */
	unreadable(&doc_env, "A=1\n", (64u << 20) + 1, "64 MB");
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
ten_megabytes_are_edited_in_a_second(void **state)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct doc		 doc;
	struct err		 e = { 0 };
	struct rusage		 usage;
	double			 start;

	(void)state;
	for (int i = 0; text.len < 10u << 20; i++)
		buf_printf(&text, "KEY_%07d=value %d\r\n", i, i);
	start = seconds();
	assert_true(doc_parse(&doc, &doc_env, text.data, text.len, &e));
	assert_true(doc_edit(&doc, DOC_SET, "KEY_0200000", "x", &out, NULL,
	    &e));
	doc_fini(&doc);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(seconds() - start < 1.0);
	getrusage(RUSAGE_SELF, &usage);
	assert_true(usage.ru_maxrss < 100 * 1024);
#else
	(void)start;
	(void)usage;
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proof_accepts_the_intended_change_only),
		cmocka_unit_test(proof_of_an_addition_wants_exactly_one),
		cmocka_unit_test(
		    proof_of_a_removal_takes_what_is_below_and_recounts),
		cmocka_unit_test(format_is_known_by_the_name_of_the_file),
		cmocka_unit_test(line_of_an_offset_counts_from_one),
		cmocka_unit_test(file_beyond_64_mb_is_refused_with_a_sentence),
		cmocka_unit_test(ten_megabytes_are_edited_in_a_second),
	};

	return cmocka_run_group_tests_name("doc", tests, NULL, NULL);
}

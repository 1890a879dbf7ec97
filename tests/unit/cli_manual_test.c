/*
 * The manual: one page for the program, one for each group of verbs, and
 * those of other modules; mandoc finds nothing wrong with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/parts.h"
#include "cli_toy.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"

static void
screen_page(const struct registry *r, struct buf *out)
{
	(void)r;
	buf_puts(out, ".Dd November 24, 2026\n.Dt STCONSOLE-SCREEN 5\n.Os\n");
}

static const struct world_page pages[] = {
	{ "stconsole-screen.5", screen_page }
};
static const struct world_hooks hooks = { .pages = pages, .page_count = 1 };

/* "style" would look for the pages it refers to on this host. */
static void
assert_passes_mandoc(const struct buf *page)
{
	static const char *const argv[] = { "mandoc", "-T", "lint", "-W",
	    "warning", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0, false, BUF_INIT,
	    BUF_INIT };
	struct proc_spec	 spec = { .argv = argv, .input = page->data,
	    .input_len = page->len };
	struct err		 e;

	if (!proc_exists("mandoc"))
		skip();
	if (!proc_run(&spec, &r, &e))
		fail_msg("%s", e.msg);
	assert_string_equal(buf_str(&r.out), "");
	assert_string_equal(buf_str(&r.err), "");
	assert_int_equal(r.exit_code, 0);
}

static void
the_page_of_the_program_has_options_and_every_verb(void **state)
{
	AUTO_BUF struct buf page = BUF_INIT;

	(void)state;
	man_page(&toy_registry, &hooks, &page);
	assert_non_null(strstr(buf_str(&page), ".It Cm toy echo deep\n"));
	assert_non_null(strstr(buf_str(&page), ".It Fl \"\\-dry\\-run\"\n"));
	assert_non_null(strstr(buf_str(&page), ".Xr stconsole-toy 1"));
	assert_non_null(strstr(buf_str(&page), ".Xr stconsole-screen 5"));
	assert_passes_mandoc(&page);
}

static void
the_page_of_a_group_has_its_verbs_with_their_values(void **state)
{
	AUTO_BUF struct buf page = BUF_INIT;

	(void)state;
	man_group(&toy_registry, &hooks, "toy", &page);
	assert_non_null(strstr(buf_str(&page), ".Dt STCONSOLE-TOY 1\n"));
	assert_non_null(strstr(buf_str(&page), ".Ss toy echo deep\n"));
	assert_non_null(strstr(buf_str(&page), "C:\\etoys"));
	assert_non_null(strstr(buf_str(&page),
	    "\nSay what toys are.\nNeeds the role viewer.\n"));
	assert_null(strstr(buf_str(&page), ".Ss job list\n"));
	assert_null(strstr(buf_str(&page), ".Xr stconsole-toy 1"));
	assert_passes_mandoc(&page);
}

static bool
take(void *arg, const char *page)
{
	buf_printf(arg, "%s ", page);
	return true;
}

static void
pages_are_listed_and_found_by_every_name(void **state)
{
	static const char *const names[] = { "toy", "stconsole-toy",
	    "stconsole-toy.1", "stconsole-screen.5", "screen" };
	AUTO_BUF struct buf	 list = BUF_INIT, none = BUF_INIT;
	size_t			 i;

	(void)state;
	assert_true(manual_each(&toy_registry, &hooks, take, &list));
	assert_true(strncmp(buf_str(&list), "stconsole.1 ", 12) == 0);
	assert_non_null(strstr(buf_str(&list), " stconsole-toy.1 "));
	assert_non_null(strstr(buf_str(&list), " stconsole-screen.5 "));
	for (i = 0; i < LENGTH(names); i++) {
		AUTO_BUF struct buf page = BUF_INIT;

		assert_true(manual_print(&toy_registry, &hooks, names[i],
		    &page));
		assert_non_null(strstr(buf_str(&page), i < 3 ?
		    ".Dt STCONSOLE-TOY 1" : ".Dt STCONSOLE-SCREEN 5"));
	}
	assert_false(manual_print(&toy_registry, NULL, "screen", &none));
	assert_false(manual_print(&toy_registry, &hooks, "to", &none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_page_of_the_program_has_options_and_every_verb),
		cmocka_unit_test(
		    the_page_of_a_group_has_its_verbs_with_their_values),
		cmocka_unit_test(pages_are_listed_and_found_by_every_name)
	};

	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}

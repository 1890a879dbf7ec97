/*
 * The pages about screens and themes: every key is on them, and what they
 * give as an example is read by the loaders.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/screen.h"
#include "../../src/ui/theme.h"
#include "stconsole/all.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/ui.h"

#define EXAMPLE	".Bd -literal -offset indent\n"

static void
page_print(const char *name, struct buf *out)
{
	size_t i;

	for (i = 0; i < UI_PAGES; i++)
		if (strcmp(ui_pages[i].name, name) == 0)
			ui_pages[i].print(&all_registry, out);
	assert_true(out->len > 0);
}

/* The n-th example into DIR/name, with more behind it. */
static void
example_write(const struct buf *page, size_t n, const char *dir,
    const char *name, const char *more)
{
	const char		*at = buf_str(page);
	AUTO_FREE char		*path = str_format("%s/%s", dir, name);
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct err		 e;

	do {
		at = strstr(at, EXAMPLE);
		assert_non_null(at);
		at += strlen(EXAMPLE);
	} while (n-- > 0);
	buf_add(&text, at, (size_t)(strstr(at, ".Ed\n") - at));
	buf_puts(&text, more);
	if (!file_write(AT_FDCWD, path, buf_str(&text), text.len, 0600, &e))
		fail_msg("%s", e.msg);
}

static void
the_example_of_a_screen_is_one(void **state)
{
	AUTO_BUF struct buf	 page = BUF_INIT;
	char			 dir[] = "/tmp/ui_manual_test.XXXXXX";
	AUTO_FREE char		*en = NULL;
	struct screen_paths	 paths = { NULL, dir, "en" };
	struct screen		*s;
	struct err		 e;

	(void)state;
	page_print("stconsole-screen.5", &page);
	assert_non_null(mkdtemp(dir));
	en = str_format("%s/en", dir);
	assert_true(file_make_dirs(en, 0700, &e));
	example_write(&page, 0, dir, "members.yaml", "");
	example_write(&page, 1, en, "members.txt",
	    "== name: Name\nx\n== remove: Remove\nx\n");
	s = screen_load(&paths, &all_registry, "members", &e);
	if (s == NULL)
		fail_msg("%s", e.msg);
	screen_free(s);
	assert_true(file_remove_tree(dir, &e));
}

static void
the_example_of_a_theme_is_one(void **state)
{
	AUTO_BUF struct buf	 page = BUF_INIT;
	char			 dir[] = "/tmp/ui_manual_test.XXXXXX";
	struct theme		 t;
	struct err		 e;

	(void)state;
	page_print("stconsole-theme.5", &page);
	assert_non_null(mkdtemp(dir));
	example_write(&page, 0, dir, "amber.yaml", "");
	if (!theme_load("themes", dir, "amber", &t, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t.select, SELECT_ROW);
	assert_true(file_remove_tree(dir, &e));
}

static void
every_kind_of_map_and_look_is_on_its_page(void **state)
{
	static const char *const	 screen[] = {
		".It Ic schema\n", ".Ss columns\n", ".Ss items\n",
		".Ss actions\n", ".Ss fields\n", ".Ss visible_when\n",
		".Ss initial_from\n", ".Ss values\n", ".Ss steps\n"
	};
	AUTO_BUF struct buf		 a = BUF_INIT, b = BUF_INIT;
	size_t				 i;

	(void)state;
	page_print("stconsole-screen.5", &a);
	for (i = 0; i < LENGTH(screen); i++)
		assert_non_null(strstr(buf_str(&a), screen[i]));
	page_print("stconsole-theme.5", &b);
	for (i = 0; i < LOOK_COUNT; i++) {
		AUTO_FREE char *item = str_format(".It Ic %s\n",
		    look_name((enum look)i));

		assert_non_null(strstr(buf_str(&b), item));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_a_screen_is_one),
		cmocka_unit_test(the_example_of_a_theme_is_one),
		cmocka_unit_test(every_kind_of_map_and_look_is_on_its_page)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

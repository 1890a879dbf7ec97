#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/theme.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"

#define SHIPPED	"themes"

static const char *const shipped[] = {
	"mono", "economy", "dark", "light", "high_contrast", "classic_blue"
};

static char	 dir[] = "/tmp/stconsole-theme-XXXXXX";

static int
dir_make(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
dir_remove(void **state)
{
	struct err e;

	(void)state;
	return !file_remove_tree(dir, &e);
}

static void
write_theme(const char *name, const char *text)
{
	char		 path[80];
	struct err	 e;

	snprintf(path, sizeof(path), "%s/%s.yaml", dir, name);
	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, &e))
		fail_msg("%s", e.msg);
}

static void
load(const char *name, struct theme *t)
{
	struct err e;

	if (!theme_load(SHIPPED, dir, name, t, &e))
		fail_msg("%s", e.msg);
}

/* Written as the theme "x"; the message must hold the words. */
static void
is_refused(const char *text, const char *words)
{
	struct theme	 t = { .name = "before" };
	struct err	 e;

	err_clear(&e);
	write_theme("x", text);
	assert_false(theme_load(SHIPPED, dir, "x", &t, &e));
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
	assert_string_equal(t.name, "before");
}

static void
every_shipped_theme_can_be_read(void **state)
{
	struct theme	 t;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(shipped); i++) {
		load(shipped[i], &t);
		assert_string_equal(t.name, shipped[i]);
	}
}

static void
the_built_in_theme_is_mono(void **state)
{
	struct theme file, plain;

	(void)state;
	load("mono", &file);
	theme_plain(&plain);
	assert_memory_equal(file.look, plain.look, sizeof(plain.look));
	assert_string_equal(file.mark_busy, plain.mark_busy);
	assert_string_equal(file.mark_ok, plain.mark_ok);
	assert_int_equal(file.select, plain.select);
	assert_int_equal(file.has_frame, plain.has_frame);
	assert_int_equal(file.has_glyphs, plain.has_glyphs);
}

/* Blue on black, and what is dim on a background that nobody knows. */
static void
no_shipped_theme_is_hard_to_read(void **state)
{
	const struct theme_look	*l;
	struct theme		 t;
	size_t			 i, j;

	(void)state;
	for (i = 0; i < LENGTH(shipped); i++) {
		load(shipped[i], &t);
		for (j = 0; j < LOOK_COUNT; j++) {
			l = &t.look[j];
			assert_false(l->fg == 4 && l->bg <= 0);
			assert_false(l->fg == 0 && l->bg < 0);
			assert_false(l->fg >= 0 && l->fg == l->bg);
		}
	}
}

static void
economy_is_a_caret_without_frames(void **state)
{
	struct theme t;

	(void)state;
	load("economy", &t);
	assert_int_equal(t.select, SELECT_CARET);
	assert_false(t.has_frame);
	assert_false(t.has_glyphs);
	assert_int_equal(t.look[LOOK_FOCUS].attr, 0);
	assert_string_equal(t.mark_look, "!");
}

static void
a_theme_changes_what_it_says_and_keeps_the_rest(void **state)
{
	struct theme t;

	(void)state;
	write_theme("mine", "theme: mine\nbase: dark\nglyphs: ascii\nlooks:\n"
	    "  ok: { fg: bright_cyan }\n  key: { attr: [dim, underline], "
	    "bg: default }\nmarks: { ok: + }\n");
	load("mine", &t);
	assert_int_equal(t.look[LOOK_OK].fg, 14);
	assert_int_equal(t.look[LOOK_OK].bg, -1);
	assert_int_equal(t.look[LOOK_KEY].attr, ATTR_DIM | ATTR_UNDERLINE);
	assert_int_equal(t.look[LOOK_KEY].fg, 6);
	assert_int_equal(t.look[LOOK_ERROR].fg, 1);
	assert_string_equal(t.mark_ok, "+");
	assert_string_equal(t.mark_broken, "x");
	assert_int_equal(t.select, SELECT_ROW);
	assert_false(t.has_glyphs);
}

static void
the_folder_of_the_host_wins(void **state)
{
	struct theme t;

	(void)state;
	write_theme("light", "base: mono\nselect: caret\n");
	load("light", &t);
	assert_int_equal(t.select, SELECT_CARET);
	assert_true(theme_load(SHIPPED, NULL, "light", &t, NULL));
	assert_int_equal(t.select, SELECT_ROW);
}

static void
mistakes_are_named_with_file_and_line(void **state)
{
	(void)state;
	is_refused("base: mono\nlokks: {}\n", "x.yaml:2: unknown key lokks");
	is_refused("base: mono\nlooks:\n  focuss: {}\n",
	    "x.yaml:3: unknown key focuss");
	is_refused("base: mono\nlooks: { ok: { fg: gren } }\n",
	    "x.yaml:2: fg cannot be \"gren\"");
	is_refused("base: mono\nlooks: { ok: { attr: bold } }\n",
	    "x.yaml:2: attr must be a list");
	is_refused("base: mono\nlooks: { ok: { attr: [blink] } }\n",
	    "blink");
	is_refused("base: mono\nframe: yes\n", "x.yaml:2: frame cannot be");
	is_refused("base: mono\nselect: bar\n", "x.yaml:2: select cannot");
	is_refused("base: mono\nglyphs: acs\n", "x.yaml:2: glyphs cannot");
	is_refused("theme: y\nbase: mono\n", "x.yaml:1: this file holds");
	is_refused("base: nosuch\n", "There is no theme nosuch");
	is_refused("base: ../mono\n", "../mono cannot be the name");
	is_refused("base: x\n", "x.yaml:1: the chain of base themes");
	is_refused("[mono]\n", "must be a map");
}

static void
meaning_by_colour_alone_is_refused(void **state)
{
	(void)state;
	is_refused("select: row\n", "no mark for ok");
	is_refused("base: mono\nmarks: { look: '?' }\n",
	    "two states have the mark \"?\"");
	is_refused("base: mono\nmarks: { look: '' }\n", "the mark \"\"");
	is_refused("base: mono\nmarks: { look: '  ' }\n", "the mark \"  \"");
	is_refused("base: mono\nmarks: { look: abc }\n", "the mark \"abc\"");
	is_refused("base: mono\nlooks: { focus: { attr: [], fg: red } }\n",
	    "without colour the focus would not be seen");
	is_refused("base: mono\nlooks: { ok: { fg: red, bg: red } }\n",
	    "ok has the colour of its background");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_theme_can_be_read),
		cmocka_unit_test(the_built_in_theme_is_mono),
		cmocka_unit_test(no_shipped_theme_is_hard_to_read),
		cmocka_unit_test(economy_is_a_caret_without_frames),
		cmocka_unit_test(
		    a_theme_changes_what_it_says_and_keeps_the_rest),
		cmocka_unit_test(the_folder_of_the_host_wins),
		cmocka_unit_test(mistakes_are_named_with_file_and_line),
		cmocka_unit_test(meaning_by_colour_alone_is_refused)
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, dir_make, dir_remove);
}

/*
 * Line drawing by the alternate character set, which only a locale without
 * UTF-8 uses: a program of its own, because curses asks the locale once.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/tty.h"
#include "stconsole/mem.h"
#include "vt.h"

static const char *const types[] = {
	"vt100", "vt220", "linux", "xterm-256color", "screen", "tmux-256color"
};

static void
a_box_joins_on_every_type(void **state)
{
	static const char	*box = "\xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90";
	struct tty_options	 o = {
		.profile = PROFILE_BASIC, .glyphs = GLYPHS_ACS,
		.esc_ms = 100, .rows = 24, .cols = 80
	};
	struct canvas		*c = canvas_new(24, 80);
	struct theme		 theme;
	struct tty		*t;
	struct vt		*vt;
	struct err		 e;
	size_t			 i;

	(void)state;
	assert_non_null(c);
	theme_plain(&theme);
	canvas_glyph(c, 0, 0, 1, LOOK_RULE, GLYPH_TOP_LEFT);
	canvas_glyph(c, 0, 1, 1, LOOK_RULE, GLYPH_RULE);
	canvas_glyph(c, 0, 2, 1, LOOK_RULE, GLYPH_TOP_RIGHT);
	canvas_glyph(c, 1, 0, 2, LOOK_TEXT, GLYPH_BAR_FULL);
	canvas_put(c, 1, 3, 20, LOOK_TEXT, "a\xc3\xa9q");
	for (i = 0; i < LENGTH(types); i++) {
		AUTO_BUF struct buf seen = BUF_INIT;

		vt = vt_new(types[i], 24, 80);
		o.term = types[i];
		o.in = vt_in(vt);
		o.out = vt_out(vt);
		t = tty_open(&o, &theme, &e);
		assert_non_null(t);
		assert_int_equal(tty_show(t, c), TTY_SHOWN);
		(void)vt_pump(vt);
		vt_row(vt, 0, &seen);
		assert_string_equal(buf_str(&seen), box);
		buf_reset(&seen);
		vt_row(vt, 1, &seen);
		assert_string_equal(buf_str(&seen), "## a?q");
		assert_int_equal(tty_show(t, c), TTY_SHOWN);
		assert_int_equal(vt_pump(vt), 0);
		tty_close(t);
		vt_free(vt);
	}
	canvas_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_joins_on_every_type)
	};

	setlocale(LC_ALL, "C");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the real screens cost on the line: a vt100 at 9600 baud gets 960
 * bytes a second.  Everything here is exact (facts: tui.md 2.4).
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/ui/tty.h"
#include "console.h"
#include "stconsole/mem.h"
#include "vt.h"

#define FIRST_MAX	1600
#define MOVE_MAX	32
#define PAGE_MAX	900
/* The line about the focus is another one: 79 columns and the way there. */
#define HINT_MAX	100

struct line {
	struct console	 c;
	struct vt	*vt;
	struct tty	*tty;
	size_t		 first;		/* bytes of the first frame */
};

static size_t
shown(struct line *l)
{
	app_paint(l->c.app, l->c.canvas);
	assert_int_equal(tty_show(l->tty, l->c.canvas), TTY_SHOWN);
	return vt_pump(l->vt);
}

static void
line_open_rows(struct line *l, const char *screen, int rows)
{
	struct tty_options	 o = {
		.term = "vt100", .profile = PROFILE_ECONOMY,
		.glyphs = GLYPHS_ASCII, .esc_ms = 100, .rows = rows, .cols = 80
	};
	struct err		 e = { 0 };

	console_open(&l->c, screen, rows, 80, "economy");
	l->vt = vt_new("vt100", rows, 80);
	o.in = vt_in(l->vt);
	o.out = vt_out(l->vt);
	l->tty = tty_open(&o, app_theme(l->c.app), &e);
	if (l->tty == NULL)
		fail_msg("%s", e.msg);
	l->first = shown(l);
}

static void
line_open(struct line *l, const char *screen)
{
	line_open_rows(l, screen, 24);
}

static void
line_close(struct line *l)
{
	tty_close(l->tty);
	vt_free(l->vt);
	console_close(&l->c);
}

static void
at_most(const char *screen, const char *what, size_t bytes, size_t max)
{
	if (getenv("SHOW_BYTES") != NULL)
		print_message("%s: %s %zu\n", screen, what, bytes);
	if (bytes > max)
		fail_msg("%s: %s takes %zu bytes, more than %zu", screen,
		    what, bytes, max);
}

static size_t
after(struct line *l, const char *keys)
{
	console_keys(&l->c, keys);
	return shown(l);
}

static const char *const screens[] = {
	"home", "admins", "directory", "mongo", "site", "snapshots", "jobs",
	"audit", "settings", "recover", "about", "site_facts", "admin_pick",
	"settings_set"
};

static void
a_first_screen_is_at_most_1600_bytes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(screens); i++) {
		struct line l;

		line_open(&l, screens[i]);
		at_most(screens[i], "the first frame", l.first, FIRST_MAX);
		tty_repaint(l.tty);
		at_most(screens[i], "a repaint", shown(&l), FIRST_MAX);
		line_close(&l);
	}
}

static void
a_frame_that_is_the_same_is_no_byte(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(screens); i++) {
		struct line l;

		line_open(&l, screens[i]);
		at_most(screens[i], "the same frame", shown(&l), 0);
		line_close(&l);
	}
}

/* What the line about the focus takes beside the caret is the rest. */
static size_t
caret_bytes(struct line *l, const char *key)
{
	AUTO_BUF struct buf	 before = BUF_INIT, now = BUF_INIT;
	size_t			 all, len;

	vt_row(l->vt, 22, &before);
	all = after(l, key);
	vt_row(l->vt, 22, &now);
	len = before.len > now.len ? before.len : now.len;
	return all > len ? all - len : 0;
}

static void
a_step_of_the_caret_is_at_most_32_bytes(void **state)
{
	static const char *const lists[] = {
		"home", "admins", "snapshots", "jobs", "audit", "settings",
		"site"
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(lists); i++) {
		struct line l;

		line_open(&l, lists[i]);
		at_most(lists[i], "a step down", caret_bytes(&l, "Down"),
		    MOVE_MAX);
		at_most(lists[i], "a step up", caret_bytes(&l, "Up"),
		    MOVE_MAX);
		at_most(lists[i], "a step with its hint", after(&l, "Down"),
		    HINT_MAX);
		line_close(&l);
	}
}

static void
a_page_is_at_most_900_bytes(void **state)
{
	struct line l;

	(void)state;
	line_open_rows(&l, "settings", 16);
	at_most("settings", "a page down", after(&l, "PgDn"), PAGE_MAX);
	at_most("settings", "a page up", after(&l, "PgUp"), PAGE_MAX);
	at_most("settings", "help", after(&l, "F1"), FIRST_MAX);
	at_most("settings", "a page of help", after(&l, "PgDn"), PAGE_MAX);
	line_close(&l);
}

static void
a_letter_in_a_field_is_at_most_60_bytes(void **state)
{
	struct line	l;
	size_t		n;

	(void)state;
	line_open(&l, "admin_pick");
	(void)after(&l, "k");
	n = after(&l, "i");
	at_most("admin_pick", "a letter", n, 8);
	line_close(&l);
	line_open(&l, "settings_set");
	(void)after(&l, "k");
	at_most("settings_set", "a letter", after(&l, "i"), 60);
	line_close(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_screen_is_at_most_1600_bytes),
		cmocka_unit_test(a_frame_that_is_the_same_is_no_byte),
		cmocka_unit_test(a_step_of_the_caret_is_at_most_32_bytes),
		cmocka_unit_test(a_page_is_at_most_900_bytes),
		cmocka_unit_test(a_letter_in_a_field_is_at_most_60_bytes)
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

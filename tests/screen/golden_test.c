/*
 * Every screen as it looks at 80x24, at 60x16 as on a slow vt100, and at
 * 132x50, with the answers that the demo gave once.  UPDATE_GOLDENS=1 writes
 * the pictures anew; a person looks at what changed before it is kept.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/screen_parse.h"
#include "console.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static const struct size {
	const char	*name, *profile;
	int		 rows, cols;
} sizes[] = {
	{ "80x24", "basic", 24, 80 },
	{ "60x16", "economy", 16, 60 },
	{ "132x50", "basic", 50, 132 }
};

/* What screens that are opened from a row are given. */
static json_t *
given(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "mail",
	    "person00030@corp.test", "who", "person00030@corp.test", "id",
	    "20261125-010154-81778964a", "file", "custom.env", "key",
	    "PUBLIC_URL", "name", "ui.theme", "service", "nginx", "value",
	    "");
}

static void
cursor_is_inside(struct console *c)
{
	int row, col;

	canvas_cursor_get(c->canvas, &row, &col);
	assert_in_range(row, 0, canvas_rows(c->canvas) - 1);
	assert_in_range(col, 0, canvas_cols(c->canvas) - 1);
}

static void
picture(const char *screen, const struct size *s)
{
	AUTO_FREE char	*name = str_format("%s-%s", screen, s->name);
	struct console	 c;

	console_open(&c, "about", s->rows, s->cols, s->profile);
	app_open_screen(c.app, screen, given());
	console_settle(&c);
	assert_string_equal(app_top(c.app)->screen != NULL ?
	    app_top(c.app)->screen : "", screen);
	console_golden(&c, name);
	cursor_is_inside(&c);
	console_close(&c);
}

static json_t *
all_names(void)
{
	const struct screen_paths	 paths = { NULL, "screens", "en" };
	struct err			 e = { 0 };
	json_t				*names = screen_names(&paths, &e);

	assert_non_null(names);
	assert_true(json_array_size(names) > 30);
	return names;
}

static void
every_screen_looks_as_it_did(void **state)
{
	AUTO_JSON json_t	*names = all_names();
	const json_t		*name;
	size_t			 i, k;

	(void)state;
	json_array_foreach(names, i, name)
		for (k = 0; k < LENGTH(sizes); k++)
			picture(json_string_value(name), &sizes[k]);
}

static void
pictured(const char *name, const char *screen, const char *keys)
{
	size_t k;

	for (k = 0; k < LENGTH(sizes); k++) {
		AUTO_FREE char	*golden = str_format("%s-%s", name,
				    sizes[k].name);
		struct console	 c;

		console_open(&c, screen, sizes[k].rows, sizes[k].cols,
		    sizes[k].profile);
		console_keys(&c, keys);
		console_golden(&c, golden);
		cursor_is_inside(&c);
		console_close(&c);
	}
}

static void
what_keys_open_looks_as_it_did(void **state)
{
	(void)state;
	pictured("_preview", "admins", "Down x");
	pictured("_applied", "admin_pick", "'person0003' Enter m a");
	pictured("_help", "admins", "F1");
	pictured("_command", "admins", "F6");
	pictured("_palette", "home", ": 'adm'");
	pictured("_filter", "admins", "/ 'kim'");
	pictured("_marked", "admin_pick",
	    "'person0003' Enter Space Space");
	pictured("_job", "jobs", "Enter");
	pictured("_notifications", "home", ": 'notif' Enter");
	pictured("_discard", "settings", "e 'x' F3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_screen_looks_as_it_did),
		cmocka_unit_test(what_keys_open_looks_as_it_did)
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "console.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stconsole/all.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#define GOLDENS		"tests/screen/goldens/"
#define NOW_MS		INT64_C(1795600000000)	/* 2026-11-25T11:06:40Z */
#define TURNS_MAX	200

static int64_t
wall(const struct clock *c)
{
	return NOW_MS + c->offset_ms;
}

static int64_t
mono(const struct clock *c)
{
	return 1000000 + c->offset_ms;
}

static void
world_make(struct console *c)
{
	char		 dir[] = "/tmp/stconsole-screen-XXXXXX";
	struct err	 e = { 0 };

	assert_non_null(mkdtemp(dir));
	c->state = strdup(dir);
	c->world = (struct world){
		.registry = &all_registry, .state_wanted = c->state,
		.site_wanted = "/opt/sametime"
	};
	if (!world_open(&c->world, &e))
		fail_msg("%s", e.msg);
	/* Its name changes from run to run: commands need not say it. */
	c->world.state_wanted = NULL;
	c->world.who.role = ROLE_ADMIN;
	snprintf(c->world.who.user, sizeof(c->world.who.user), "kim");
}

void
console_open(struct console *c, const char *screen, int rows, int cols,
    const char *profile)
{
	struct err		 e = { 0 };
	struct app_options	 o = {
		.clock = &c->clock, .host = "chat01", .profile = profile,
		.theme = str_equal(profile, "economy") ? "economy" : "mono",
		.themes = "themes",
		.screens = { NULL, "screens", "en" }
	};

	*c = (struct console){ .clock = { wall, mono, 0 } };
	world_make(c);
	c->work = fixed_new(&c->world, NOW_MS, &e);
	o.work = c->work;
	c->app = c->work != NULL ? app_new(&o, &e) : NULL;
	c->canvas = canvas_new(rows, cols);
	if (c->app == NULL || c->canvas == NULL || !app_begin(c->app, screen,
	    &e))
		fail_msg("%s: %s", screen, e.msg);
	console_settle(c);
}

void
console_close(struct console *c)
{
	struct err e = { 0 };

	app_free(c->app);
	work_free(c->work);
	canvas_free(c->canvas);
	world_close(&c->world);
	buf_fini(&c->text);
	(void)file_remove_tree(c->state, &e);
	free(c->state);
}

void
console_settle(struct console *c)
{
	bool	 any = true;
	int	 i;

	for (i = 0; any && i < TURNS_MAX; i++) {
		any = app_events(c->app) || app_due(c->app) == 0;
		app_tick(c->app);
	}
	assert_true(i < TURNS_MAX);
}

void
console_wait(struct console *c, int64_t ms)
{
	c->clock.offset_ms += ms;
	console_settle(c);
}

static void
typed(struct console *c, const char *s, size_t len)
{
	size_t n;

	for (; len > 0; s += n, len -= n) {
		struct press p = { .code = PRESS_TEXT };

		n = utf8_cluster(s);
		assert_true(n > 0 && n <= len && n < sizeof(p.text));
		memcpy(p.text, s, n);
		app_press(c->app, &p);
	}
}

void
console_keys(struct console *c, const char *keys)
{
	struct press	 p;
	size_t		 len;

	for (keys += strspn(keys, " "); *keys != '\0';
	    keys += strspn(keys, " ")) {
		if (*keys == '\'') {
			len = strcspn(keys + 1, "'");
			typed(c, keys + 1, len);
			keys += len + 2;
			continue;
		}
		len = strcspn(keys, " ");
		if (!press_parse(keys, len, &p))
			fail_msg("no key is called %.*s", (int)len, keys);
		app_press(c->app, &p);
		press_fini(&p);
		console_settle(c);
		keys += len;
	}
	console_settle(c);
}

void
console_resize(struct console *c, int rows, int cols)
{
	assert_true(canvas_resize(c->canvas, rows, cols));
}

const char *
console_text(struct console *c, bool marks)
{
	app_paint(c->app, c->canvas);
	buf_reset(&c->text);
	canvas_dump(c->canvas, marks, &c->text);
	return buf_str(&c->text);
}

bool
console_has(struct console *c, const char *words)
{
	return strstr(console_text(c, false), words) != NULL;
}

const char *
console_cursor_row(struct console *c)
{
	int	 row, col;
	char	*s, *end;

	(void)console_text(c, false);
	canvas_cursor_get(c->canvas, &row, &col);
	for (s = c->text.data; row > 0 && s != NULL; row--) {
		s = strchr(s, '\n');
		s = s != NULL ? s + 1 : NULL;
	}
	if (s == NULL)
		return "";
	end = strchr(s, '\n');
	if (end != NULL)
		*end = '\0';
	return s;
}

void
console_golden(struct console *c, const char *name)
{
	AUTO_FREE char		*path = str_format("%s%s.txt", GOLDENS, name);
	AUTO_BUF struct buf	 kept = BUF_INIT;
	const char		*now = console_text(c, true);
	struct err		 e = { 0 };

	if (getenv("UPDATE_GOLDENS") != NULL) {
		assert_true(file_write(AT_FDCWD, path, now, strlen(now), 0644,
		    &e));
		return;
	}
	if (!file_read(AT_FDCWD, path, 1 << 20, &kept, &e))
		fail_msg("%s", e.msg);
	if (!str_equal(buf_str(&kept), now))
		fail_msg("%s is now:\n%s", path, now);
}

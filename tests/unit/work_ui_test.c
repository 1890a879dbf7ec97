/*
 * The screens and the threads of work_local together: keys are pressed while
 * jobs run.  It is run by TSan as well.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "../../src/ui/app_private.h"
#include "../property/prng.h"
#include "work_toy.h"

#define THREADS		4
#define ROUNDS		60
#define KEYS		12	/* of a round */

struct bench {
	struct toy	 t;
	struct world	 w;
	struct work	*work;
	struct app	*app;
	struct canvas	*canvas;
	char		*screens;	/* a folder */
};

static void
file_put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	struct err	 e = { 0 };

	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, &e))
		fail_msg("%s", e.msg);
}

/* Beside the real ones, a screen whose verb only ends when it is told. */
static char *
screens_make(const char *state)
{
	AUTO_FREE char	*words = str_format("%s/screens/en", state);
	char		*dir = str_format("%s/screens", state);
	struct err	 e = { 0 };

	assert_true(file_make_dirs(words, 0700, &e));
	file_put(dir, "silent.yaml", "schema: 1\nscreen: silent\n"
	    "kind: text\nload: work.block\n");
	file_put(words, "silent.txt", "== title: Silent\nIt says nothing.\n");
	return dir;
}

static int
setup(void **state)
{
	struct bench		*b = calloc(1, sizeof(*b));
	struct err		 e = { 0 };
	struct app_options	 o = {
		.clock = &clock_system, .host = "chat01", .profile = "basic",
		.theme = "mono", .themes = "themes",
		.screens = { NULL, "screens", "en" }
	};

	assert_non_null(b);
	toy_init(&b->t);
	work_toy_world(&b->t, &b->w);
	b->work = o.work = work_local_new(&b->w, THREADS, &e);
	assert_non_null(b->work);
	b->screens = screens_make(b->t.dir);
	o.screens.override_dir = b->screens;
	b->app = app_new(&o, &e);
	b->canvas = canvas_new(24, 80);
	if (b->app == NULL || b->canvas == NULL ||
	    !app_begin(b->app, "keys", &e))
		fail_msg("%s", e.msg);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	app_free(b->app);
	work_free(b->work);
	canvas_free(b->canvas);
	free(b->screens);
	toy_fini(&b->t);
	free(b);
	return 0;
}

static void
turn(struct bench *b)
{
	(void)app_events(b->app);
	app_tick(b->app);
	app_paint(b->app, b->canvas);
}

static void
keys(struct bench *b, const char *names)
{
	struct press	p;
	size_t		n;

	for (; *names != '\0'; names += n + strspn(names + n, " ")) {
		n = strcspn(names, " ");
		if (!press_parse(names, n, &p))
			fail_msg("no key %.*s", (int)n, names);
		app_press(b->app, &p);
		press_fini(&p);
	}
}

static bool
has(struct bench *b, const char *words)
{
	AUTO_BUF struct buf text = BUF_INIT;

	app_paint(b->app, b->canvas);
	canvas_dump(b->canvas, false, &text);
	return strstr(buf_str(&text), words) != NULL;
}

static void
not_come(struct bench *b, const char *what)
{
	AUTO_BUF struct buf text = BUF_INIT;

	canvas_dump(b->canvas, false, &text);
	fail_msg("%s does not come:\n%s", what, buf_str(&text));
}

/* Until the picture has these words; NULL: until only so many calls are. */
static void
await_either(struct bench *b, const char *words, size_t calls)
{
	struct pollfd	p = { .fd = work_fd(b->work), .events = POLLIN };
	int64_t		end = clock_mono_ms(&clock_system) + WORK_PATIENCE_MS;

	turn(b);
	while (words != NULL ? !has(b, words) : b->app->call_count > calls) {
		if (clock_mono_ms(&clock_system) > end)
			not_come(b, words != NULL ? words :
			    "the end of calls");
		(void)poll(&p, 1, 100);
		turn(b);
	}
}

static void
await(struct bench *b, const char *words)
{
	await_either(b, words, 0);
}

/* The only job there is. */
static json_t *
job_get(struct bench *b)
{
	json_t		*result = NULL;
	struct plan	*none = NULL;
	AUTO_JSON json_t *no = json_object();
	struct err	 e = { 0 };
	json_t		*job;

	if (!verb_call(&b->t.ctx, registry_verb(&work_toy_registry,
	    "job.list"), no, &result, &none, &e))
		fail_msg("%s", e.msg);
	job = json_incref(json_array_get(json_object_get(result, "jobs"),
	    0));
	json_decref(result);
	assert_non_null(job);
	return job;
}

static void
open_plan(struct bench *b, const char *verb, json_t *params)
{
	struct err e = { 0 };

	app_open(b->app, view_plan_new(b->app, verb, params, NULL, 0, &e),
	    &e);
}

static void
open_call(struct bench *b, const char *verb, json_t *params)
{
	struct err e = { 0 };

	app_open(b->app, view_call_new(b->app, verb, verb, params, &e), &e);
}

static void
test_a_resumed_job_goes_on_when_its_screen_is_closed(void **state)
{
	struct bench	*b = *state;
	AUTO_JSON json_t *stopped = NULL, *done = NULL;

	open_plan(b, "work.gate", json_pack("{s:s}", "name", "gate"));
	await(b, "Wait at gate");
	keys(b, "a");
	work_toy_reached(&b->t, "gate");
	keys(b, "x");
	await(b, NULL);
	stopped = job_get(b);
	assert_string_equal(json_text(stopped, "state"), "cancelled");
	open_call(b, "job.resume", json_pack("{s:s}", "id",
	    json_text(stopped, "id")));
	keys(b, "a Esc");
	turn(b);
	toy_put(&b->t, "gate", "open");
	await(b, NULL);
	done = job_get(b);
	assert_string_equal(json_text(done, "state"), "done");
	/* Nobody looked: its end is a notification. */
	assert_int_equal(json_array_size(b->app->notes), 1);
}

/* As if it waited to be kept: the guardian of a real trial is a program. */
static void
trial_pretend(struct bench *b)
{
	struct view		*v = b->app->top;
	struct work_event	 ev = { WORK_ANSWER, b->app->calls[0].id,
				    json_pack("{s:b, s:{s:s, s:s}}", "ok", 1,
				    "job", "id", "20261125-000000-000000000",
				    "state", "waiting") };

	v->ops->arrived(v, &ev);
	work_event_fini(&ev);
}

static void
test_what_could_not_be_kept_is_said(void **state)
{
	struct bench *b = *state;

	open_plan(b, "work.gate", json_pack("{s:s}", "name", "gate"));
	await(b, "Wait at gate");
	keys(b, "a");
	work_toy_reached(&b->t, "gate");
	trial_pretend(b);
	keys(b, "k");
	toy_put(&b->t, "gate", "open");
	await(b, NULL);
	assert_true(b->app->said_is_error);
	assert_non_null(strstr(b->app->said, "20261125-000000-000000000"));
}

static void
test_what_is_asked_again_is_asked_once(void **state)
{
	struct bench *b = *state;

	app_open_screen(b->app, "silent", NULL);
	keys(b, "F2 F2 F2 F2 F2 F2 F2 F2 F2 F2");
	await_either(b, NULL, 1);
	assert_int_equal(b->app->call_count, 1);
	keys(b, "Esc");
	await(b, NULL);
}

/* --- anything at any time ------------------------------------------------ */

/* Back to the first screen; what still asks is cancelled by that. */
static void
all_closed(struct bench *b)
{
	size_t i;

	for (i = 0; i < 100 && b->app->top->below != NULL; i++)
		app_close(b->app, b->app->top);
	assert_null(b->app->top->below);
}

static void
something_open(struct bench *b, struct prng *p)
{
	switch (prng_below(p, 4)) {
	case 0:
		/* Applied at once, and left to itself by what comes. */
		all_closed(b);
		open_plan(b, "work.count", json_pack("{s:i}", "n", 3000));
		await(b, "steps: 1");
		keys(b, "a");
		break;
	case 1:
		open_plan(b, "toy.set", json_pack("{s:s}", "set", "a=1 b=2"));
		break;
	case 2:
		open_call(b, "work.lines", json_pack("{s:i}", "n", 5000));
		break;
	default:
		open_call(b, "work.block", json_object());
	}
}

static void
round_do(struct bench *b, struct prng *p)
{
	static const char *const some[] = {
		"a", "a", "Enter", "Esc", "Down", "PgDn", "F1", "F2", "F6",
		"F9", "x", "u", "d", "/", "n", "1", "2", ":", "k", "r", "v"
	};
	struct pollfd	fd = { .fd = work_fd(b->work), .events = POLLIN };
	size_t		i;

	something_open(b, p);
	for (i = 0; i < KEYS; i++) {
		keys(b, some[prng_below(p, LENGTH(some))]);
		(void)poll(&fd, 1, (int)prng_below(p, 3));
		turn(b);
		if (app_has_ended(b->app))
			b->app->has_ended = false;
	}
}

static void
test_keys_and_jobs_do_not_meet(void **state)
{
	struct bench	*b = *state;
	struct prng	 p;
	size_t		 i;

	prng_init(&p, 1);
	for (i = 0; i < ROUNDS; i++)
		round_do(b, &p);
	all_closed(b);
	await(b, NULL);
	assert_int_equal(work_jobs_hosted(b->work), 0);
	/* And it still works. */
	open_plan(b, "toy.set", json_pack("{s:s}", "set", "z=9"));
	await(b, "z becomes 9");
	keys(b, "a");
	await(b, "Done, verified");
}

#define UI_TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UI_TEST(test_a_resumed_job_goes_on_when_its_screen_is_closed),
		UI_TEST(test_what_could_not_be_kept_is_said),
		UI_TEST(test_what_is_asked_again_is_asked_once),
		UI_TEST(test_keys_and_jobs_do_not_meet)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

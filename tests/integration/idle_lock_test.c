/*
 * The idle lock of the console, opened by the real PAM: the real screens over
 * kept answers, a clock that a test moves, accounts of a namespace.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/ui/app_private.h"
#include "../screen/console.h"
#include "accounts.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define ANSWER_MS	20000
#define IDLE_MS		600000

static int
open_all(void **state)
{
	struct console *c = malloc(sizeof(*c));

	assert_non_null(c);
	accounts_root_set(ACCOUNTS_HASH);
	console_open(c, "home", 24, 80, "basic");
	*state = c;
	return 0;
}

static int
close_all(void **state)
{
	console_close(*state);
	free(*state);
	return 0;
}

/* What the loop does when PAM has answered; it may have so already. */
static void
answer_await(struct console *c)
{
	struct pollfd p = { .fd = app_lock_fd(c->app), .events = POLLIN };

	if (p.fd >= 0 && poll(&p, 1, ANSWER_MS) != 1)
		fail_msg("PAM does not answer");
	console_settle(c);
}

static void
lock(struct console *c)
{
	console_wait(c, IDLE_MS);
	assert_true(app_is_locked(c->app));
	answer_await(c);
}

static void
setting_put(struct console *c, const char *text)
{
	AUTO_FREE char	*path = str_format("%s/settings.yaml", c->state);
	struct err	 e;

	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, &e))
		fail_msg("%s", e.msg);
	app_lock_again(c->app);
}

static void
after_ten_minutes_the_password_opens_what_was_there(void **state)
{
	struct console		*c = *state;
	AUTO_FREE char		*before = NULL;

	console_wait(c, IDLE_MS - 1000);
	assert_false(app_is_locked(c->app));
	lock(c);
	assert_true(console_has(c, "Password of root:"));
	assert_true(console_has(c, "Locked"));
	assert_true(console_has(c, "F10 Leave"));
	assert_false(console_has(c, "Home"));
	assert_false(console_has(c, "MongoDB"));
	console_keys(c, "'" ACCOUNTS_PASSWORD "'");
	assert_false(console_has(c, ACCOUNTS_PASSWORD));
	assert_true(console_has(c, "*************"));
	console_keys(c, "Enter");
	answer_await(c);
	assert_false(app_is_locked(c->app));
	assert_true(console_has(c, "MongoDB"));
	console_wait(c, IDLE_MS - 1000);
	assert_false(app_is_locked(c->app));
}

static void
a_wrong_password_says_so_and_opens_nothing(void **state)
{
	struct console *c = *state;

	lock(c);
	console_keys(c, "'wrong' Enter");
	assert_true(console_has(c, "checking"));
	answer_await(c);
	assert_true(app_is_locked(c->app));
	assert_true(console_has(c, "Authentication failure"));
	assert_false(console_has(c, "*****"));
	console_keys(c, "'" ACCOUNTS_PASSWORD "' Enter");
	answer_await(c);
	assert_false(app_is_locked(c->app));
}

static void
no_key_and_no_answer_gets_past_the_lock(void **state)
{
	static const char *const	 keys[] = {
		"F1", "F2", "F3", "F6", "F9", "F12", "Esc", "Tab", "Enter",
		"'?'", "':'", "'/'", "1", "PgDn"
	};
	struct console			*c = *state;
	struct view			*top = app_top(c->app);
	size_t				 i;

	lock(c);
	for (i = 0; i < LENGTH(keys); i++)
		console_keys(c, keys[i]);
	fixed_event(c->work, WORK_JOBS);
	fixed_event(c->work, WORK_LOST);
	console_settle(c);
	app_open_screen(c->app, "about", json_object());
	console_settle(c);
	assert_true(app_is_locked(c->app));
	assert_true(console_has(c, "Password of root:"));
	assert_false(console_has(c, "About"));
	assert_false(console_has(c, "serve"));
	assert_ptr_equal(app_top(c->app)->below, top);
}

/* The console was stopped (Ctrl-Z) meanwhile: its timers came too late. */
static void
the_first_key_after_too_long_locks_and_does_nothing(void **state)
{
	struct console	*c = *state;
	struct view	*top = app_top(c->app);
	struct press	 p = { .code = PRESS_TEXT, .text = "1" };

	c->clock.offset_ms += IDLE_MS;
	app_press(c->app, &p);
	assert_true(app_is_locked(c->app));
	assert_ptr_equal(app_top(c->app), top);
}

static void
an_account_that_is_locked_ends_the_session(void **state)
{
	struct console *c = *state;

	accounts_root_set("!" ACCOUNTS_HASH);
	lock(c);
	assert_true(app_has_ended(c->app));
	assert_non_null(strstr(app_parting(c->app), "root"));
	assert_false(console_has(c, "MongoDB"));
}

static void
an_account_locked_while_the_console_is_ends_it_too(void **state)
{
	struct console *c = *state;

	lock(c);
	accounts_root_set("*");
	console_keys(c, "'" ACCOUNTS_PASSWORD "' Enter");
	answer_await(c);
	assert_true(app_has_ended(c->app));
}

static void
leaving_is_possible_without_the_password(void **state)
{
	struct console *c = *state;

	lock(c);
	console_keys(c, "F10");
	assert_true(app_has_ended(c->app));
}

static void
who_may_only_look_is_not_locked(void **state)
{
	struct console	*c = *state;
	struct identity	*who = (struct identity *)(uintptr_t)work_who(
			    c->work);

	who->role = ROLE_VIEWER;
	app_lock_again(c->app);
	console_wait(c, 10 * IDLE_MS);
	assert_false(app_is_locked(c->app));
	who->role = ROLE_ADMIN;
	c->app->o.read_only = true;
	app_lock_again(c->app);
	console_wait(c, 10 * IDLE_MS);
	assert_false(app_is_locked(c->app));
}

static void
the_setting_says_how_long_and_whether(void **state)
{
	struct console *c = *state;

	setting_put(c, "ui.idle_lock_s: 0\n");
	console_wait(c, 10 * IDLE_MS);
	assert_false(app_is_locked(c->app));
	console_keys(c, "Down");
	setting_put(c, "ui.idle_lock_s: 30\n");
	console_wait(c, 29000);
	assert_false(app_is_locked(c->app));
	console_wait(c, 1000);
	assert_true(app_is_locked(c->app));
}

/* A file that cannot be read must not open what was to be locked. */
static void
a_broken_setting_does_not_end_the_lock(void **state)
{
	struct console *c = *state;

	setting_put(c, "ui.idle_lock_s: [\n");
	console_wait(c, IDLE_MS);
	assert_true(app_is_locked(c->app));
}

/* The real program on a terminal, by lines; what was typed ahead is no try. */
static void
by_lines_the_password_is_asked_for_without_echo(void **state)
{
	char			*dir = run_state_new();
	AUTO_FREE char		*path = str_format("%s/settings.yaml", dir);
	const char		*words[] = { "--state", dir, "--linear", "go",
				    "about", NULL };
	const struct run_reply	 replies[] = {
		{ "Password of root", "wrong\r" },
		{ "Authentication failure", "" },
		{ "Password of root", ACCOUNTS_PASSWORD "\r" },
		{ "Open again.", "q\r" }, { NULL, NULL }
	};
	struct err		 e;

	(void)state;
	accounts_root_set(ACCOUNTS_HASH);
	if (!file_write(AT_FDCWD, path, "ui.idle_lock_s: 1\n", 18, 0600, &e))
		fail_msg("%s", e.msg);
	{
		AUTO_RUN struct run_result r = run_on_terminal(words,
		    replies);

		run_assert_exit(&r, 0);
		assert_null(strstr(buf_str(&r.out), "wrong"));
		assert_null(strstr(buf_str(&r.out), ACCOUNTS_PASSWORD));
		assert_non_null(strstr(buf_str(&r.out), "Locked: "));
	}
	run_state_end(dir);
}

static void
by_lines_an_account_without_password_ends_the_session(void **state)
{
	char			*dir = run_state_new();
	AUTO_FREE char		*path = str_format("%s/settings.yaml", dir);
	const char		*words[] = { "--state", dir, "--linear", "go",
				    "about", NULL };
	const struct run_reply	 none[] = { { NULL, NULL } };
	struct err		 e;

	(void)state;
	accounts_root_set("*");
	if (!file_write(AT_FDCWD, path, "ui.idle_lock_s: 1\n", 18, 0600, &e))
		fail_msg("%s", e.msg);
	{
		AUTO_RUN struct run_result r = run_on_terminal(words, none);

		run_assert_exit(&r, 0);
		assert_non_null(strstr(buf_str(&r.out),
		    "The session has ended: "));
	}
	run_state_end(dir);
}

#define ON_SCREEN(test) \
	cmocka_unit_test_setup_teardown(test, open_all, close_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SCREEN(after_ten_minutes_the_password_opens_what_was_there),
		ON_SCREEN(a_wrong_password_says_so_and_opens_nothing),
		ON_SCREEN(no_key_and_no_answer_gets_past_the_lock),
		ON_SCREEN(the_first_key_after_too_long_locks_and_does_nothing),
		ON_SCREEN(an_account_that_is_locked_ends_the_session),
		ON_SCREEN(an_account_locked_while_the_console_is_ends_it_too),
		ON_SCREEN(leaving_is_possible_without_the_password),
		ON_SCREEN(who_may_only_look_is_not_locked),
		ON_SCREEN(the_setting_says_how_long_and_whether),
		ON_SCREEN(a_broken_setting_does_not_end_the_lock),
		cmocka_unit_test(
		    by_lines_the_password_is_asked_for_without_echo),
		cmocka_unit_test(
		    by_lines_an_account_without_password_ends_the_session)
	};

	return cmocka_run_group_tests(tests, accounts_setup,
	    accounts_teardown);
}

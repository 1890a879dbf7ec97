/*
 * What can happen to the line between a terminal and the console: signals,
 * hang-ups, sizes, pastes, readers that are slow or stand still.  Nothing of
 * it needs a site.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../screen/vt.h"
#include "pty.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define GONE_MS		1000
#define GONE_CPU_MS	200.0	/* to end, not to spin until killed */
#define FULL_PAINT	4000	/* bytes, xterm-256color at 80x24 */

static char	*state_dir, *site_dir;

static int
set_up(void **state)
{
	(void)state;
	state_dir = run_state_new();
	site_dir = run_state_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	run_state_end(state_dir);
	run_state_end(site_dir);
	return 0;
}

static struct pty *
console_as(const char *screen, struct pty_options o)
{
	const char *words[] = {
		"--site", site_dir, "--state", state_dir, "go", screen, NULL
	};

	o.words = words;
	return pty_start(&o);
}

static struct pty *
console(const char *screen)
{
	struct pty *p = console_as(screen, (struct pty_options){ 0 });

	pty_see(p, "F1 Help");
	return p;
}

/* --- how it ends -------------------------------------------------------- */

static void
terminal_is_restored(struct pty *p)
{
	const struct termios	*before = pty_modes_before(p);
	struct termios		 now;

	pty_modes(p, &now);
	assert_int_equal(now.c_iflag, before->c_iflag);
	assert_int_equal(now.c_oflag, before->c_oflag);
	assert_int_equal(now.c_cflag, before->c_cflag);
	assert_int_equal(now.c_lflag, before->c_lflag);
	assert_memory_equal(now.c_cc, before->c_cc, sizeof(now.c_cc));
	assert_false(vt_is_alternate(pty_vt(p)));
	assert_true(vt_cursor_is_visible(pty_vt(p)));
}

static void
ends_by(int sig, int status)
{
	struct pty	*p = console("about");
	const char	*off = "\033[?2004l";
	const struct buf *sent = pty_sent(p);

	assert_true(vt_is_alternate(pty_vt(p)));
	assert_int_equal(kill(pty_pid(p), sig), 0);
	assert_int_equal(pty_ended(p, GONE_MS), status);
	terminal_is_restored(p);
	assert_non_null(memmem(sent->data, sent->len, off, strlen(off)));
	pty_end(p);
}

static void
a_kill_restores_the_terminal(void **state)
{
	(void)state;
	ends_by(SIGTERM, 0);
}

static void
a_crash_restores_the_terminal(void **state)
{
	(void)state;
	ends_by(SIGSEGV, 128 + SIGSEGV);
	ends_by(SIGABRT, 128 + SIGABRT);
	ends_by(SIGBUS, 128 + SIGBUS);
}

static void
leaving_restores_the_terminal(void **state)
{
	struct pty *p = console("about");

	(void)state;
	pty_press(p, "F10");
	assert_int_equal(pty_ended(p, PTY_WAIT_MS), 0);
	terminal_is_restored(p);
	pty_end(p);
}

static void
a_crash_leaves_no_core(void **state)
{
	struct pty	*p = console("about");
	struct rlimit	 core;

	(void)state;
	assert_int_equal(prlimit(pty_pid(p), RLIMIT_CORE, NULL, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	pty_end(p);
}

/* The CPU time is that of all its life: it starts in 20 ms. */
static void
gone_without_spinning(struct pty *p)
{
	(void)pty_ended_unread(p, GONE_MS);
	if (pty_cpu_ms(p) > GONE_CPU_MS)
		fail_msg("%.0f ms of CPU", pty_cpu_ms(p));
	pty_end(p);
}

static void
a_line_that_hangs_up_ends_it(void **state)
{
	struct pty *p = console("about");

	(void)state;
	pty_hang_up(p);
	gone_without_spinning(p);
}

static void
a_line_that_hangs_up_ends_it_below_nohup(void **state)
{
	struct pty *p = console_as("about", (struct pty_options){
		.ignores_hangup = true
	});

	(void)state;
	pty_see(p, "F1 Help");
	pty_hang_up(p);
	gone_without_spinning(p);
}

static void
sighup_ends_it(void **state)
{
	struct pty *p = console("about");

	(void)state;
	assert_int_equal(kill(pty_pid(p), SIGHUP), 0);
	(void)pty_ended(p, GONE_MS);
	terminal_is_restored(p);
	pty_end(p);
}

static void
a_line_that_hangs_up_while_keys_come_ends_it(void **state)
{
	struct pty *p = console("about");

	(void)state;
	pty_press(p, "F1 Down Down PgDn ? ? Esc");
	pty_bytes(p, "\033[200~half a paste", 17);
	pty_hang_up(p);
	gone_without_spinning(p);
}

static void
ctrl_z_stops_and_fg_brings_it_back(void **state)
{
	struct pty *p = console_as("about", (struct pty_options){
		.has_shell = true
	});
	int	    i;

	(void)state;
	pty_see(p, "F1 Help");
	for (i = 0; i < 2; i++) {
		pty_press(p, "Ctrl-Z");
		pty_stopped(p);
		terminal_is_restored(p);
		assert_int_equal(kill(pty_pid(p), SIGCONT), 0);
		pty_see(p, "F1 Help");
		assert_true(vt_is_alternate(pty_vt(p)));
	}
	pty_press(p, "F1");
	pty_see(p, "W To file");
	pty_end(p);
}

/* A login shell, a kiosk console: the terminal would stand still for ever. */
static void
ctrl_z_does_nothing_where_no_shell_could_go_on(void **state)
{
	static const struct pty_options kinds[] = {
		{ .has_shell = false },
		{ .has_shell = true, .ignores_stop = true }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct pty *p = console_as("about", kinds[i]);

		pty_see(p, "F1 Help");
		pty_press(p, "Ctrl-Z F1");
		pty_see(p, "W To file");
		pty_end(p);
	}
}

/* --- sizes -------------------------------------------------------------- */

static void
a_line_that_tells_no_size_is_asked(void **state)
{
	struct pty *p = console_as("about", (struct pty_options){
		.rows = 30, .cols = 100, .tells_no_size = true
	});
	AUTO_BUF struct buf last = BUF_INIT;
	int	    tries;

	(void)state;
	pty_see(p, "F1 Help");
	/* First as 24 rows, then as the answer says. */
	for (tries = 0; tries < 50 && strstr(buf_str(&last), "F1 Help") ==
	    NULL; tries++) {
		(void)pty_quiet(p, 20);
		buf_reset(&last);
		vt_row(pty_vt(p), 29, &last);
	}
	assert_non_null(strstr(buf_str(&last), "F1 Help"));
	pty_end(p);
}

static void
a_terminal_of_one_cell_does_no_harm(void **state)
{
	struct pty *p = console_as("about", (struct pty_options){
		.rows = 1, .cols = 1
	});

	(void)state;
	(void)pty_quiet(p, 300);
	pty_press(p, "Down F1 / Down");
	(void)pty_quiet(p, 100);
	pty_resize(p, 24, 80);
	pty_see(p, "stconsole");
	pty_resize(p, 1, 1);
	(void)pty_quiet(p, 100);
	pty_press(p, "F10");
	assert_int_equal(pty_ended(p, PTY_WAIT_MS), 0);
	pty_end(p);
}

static void
fifty_resizes_are_a_few_paints(void **state)
{
	struct pty	*p = console("about");
	size_t		 before;
	int		 i;

	(void)state;
	(void)pty_quiet(p, 200);
	before = pty_sent(p)->len;
	for (i = 0; i < 50; i++)
		pty_resize(p, 24 + i % 2, 80 + i % 3);
	pty_resize(p, 20, 70);
	(void)pty_quiet(p, 200);
	pty_see(p, "F1 Help");
	assert_in_range(pty_sent(p)->len - before, 1, 3 * FULL_PAINT);
	pty_end(p);
}

/* --- what is typed ------------------------------------------------------ */

static void
sixty_four_kilobytes_are_pasted(void **state)
{
	struct pty	*p = console("admin_pick");
	AUTO_BUF struct buf paste = BUF_INIT;
	size_t		 i;

	(void)state;
	for (i = 0; i < 64 * 1024; i++)
		buf_putc(&paste, i % 60 == 59 ? '\n' : 'q');
	pty_bytes(p, "\033[200~", 6);
	pty_bytes(p, paste.data, paste.len);
	pty_bytes(p, "\033[201~", 6);
	(void)pty_quiet(p, 100);
	/* A "q" of a paste is never a key. */
	pty_press(p, "Ctrl-L");
	pty_see(p, "Part of name");
	pty_press(p, "F5 'abc'");
	pty_see(p, "abc");
	pty_end(p);
}

static void
a_paste_on_a_list_presses_no_key(void **state)
{
	struct pty *p = console("about");

	(void)state;
	pty_bytes(p, "\033[200~qqqq\033[201~", 16);
	(void)pty_quiet(p, 100);
	pty_press(p, "Ctrl-L");
	pty_see(p, "State folder");
	pty_end(p);
}

/* Old terminals mark no paste: it is typed, very fast. */
static void
sixty_four_kilobytes_are_typed(void **state)
{
	struct pty	*p = console_as("admin_pick", (struct pty_options){
		.term = "vt100" });
	AUTO_BUF struct buf text = BUF_INIT;
	size_t		 i;

	(void)state;
	pty_see(p, "Part of name");
	for (i = 0; i < 64 * 1024; i++)
		buf_putc(&text, "abcdefghij"[i % 10]);
	pty_bytes(p, text.data, text.len);
	(void)pty_quiet(p, 200);
	pty_press(p, "Ctrl-L");
	pty_see(p, "Part of name");
	pty_end(p);
}

/* Until the program has read all that was typed. */
static void
keys_taken(struct pty *p)
{
	int left = 1, tries;

	for (tries = 0; tries < 1000 && left > 0; tries++) {
		(void)pty_take(p, SIZE_MAX);
		left = pty_unread(p);
		if (left > 0)
			(void)poll(NULL, 0, 2);
	}
	assert_int_equal(left, 0);
}

static void
a_character_may_come_in_two_parts(void **state)
{
	struct pty *p = console("admin_pick");

	(void)state;
	pty_bytes(p, "Gr\xc3", 3);
	keys_taken(p);
	pty_bytes(p, "\xbc\xc3\x9f\xe2\x82", 5);
	keys_taken(p);
	pty_bytes(p, "\xac", 1);
	pty_see(p, "Gr\xc3\xbc\xc3\x9f\xe2\x82\xac");
	pty_end(p);
}

/* The pause is the slow line's, not a wait of this test. */
static void
slow_key(struct pty *p, const char *rest)
{
	pty_bytes(p, "\033", 1);
	keys_taken(p);
	(void)poll(NULL, 0, 300);
	pty_bytes(p, rest, strlen(rest));
}

static void
a_key_that_a_slow_line_splits_is_one_key(void **state)
{
	struct pty *p = console_as("settings", (struct pty_options){
		.term = "vt100" });
	AUTO_FREE char *row = NULL;

	(void)state;
	pty_see(p, "Esc1 Help");
	pty_see(p, "> ");
	(void)pty_quiet(p, 200);
	row = strdup(pty_cursor_row(p));
	slow_key(p, "OB");
	(void)pty_quiet(p, 200);
	pty_see(p, "Esc1 Help");
	assert_string_not_equal(row, pty_cursor_row(p));
	slow_key(p, "1");
	pty_see(p, "Help");
	pty_see_gone(p, "> ");
	/* Alone it goes back. */
	pty_press(p, "Esc");
	pty_see(p, "> ");
	pty_end(p);
}

/* --- others on the line ------------------------------------------------- */

static void
a_broadcast_does_not_stay(void **state)
{
	struct pty *p = console("about");

	(void)state;
	(void)pty_quiet(p, 100);
	pty_scribble(p, "\r\n\aBroadcast message from root@chat01: reboot\r\n");
	pty_see(p, "Broadcast");
	pty_press(p, "Ctrl-L");
	pty_see_gone(p, "Broadcast");
	pty_see(p, "F1 Help");
	pty_end(p);
}

static void
others_may_not_write_while_it_runs(void **state)
{
	struct pty	*p = console_as("about", (struct pty_options){ 0 });
	mode_t		 others = S_IWGRP | S_IWOTH;

	(void)state;
	pty_see(p, "F1 Help");
	assert_int_equal(pty_file_mode(p) & others, 0);
	pty_press(p, "F10");
	(void)pty_ended(p, PTY_WAIT_MS);
	assert_int_equal(pty_file_mode(p) & S_IWGRP, S_IWGRP);
	pty_end(p);
}

/* --- readers ------------------------------------------------------------ */

static const char *
newest_job(const json_t *answer, const char *member)
{
	const json_t *jobs = json_object_get(json_object_get(answer,
	    "result"), "jobs");

	return json_text(json_array_get(jobs, 0), member);
}

/* Asked by another process, until the newest job is done. */
static void
job_is_done_elsewhere(void)
{
	const char *const argv[] = { "job", "list", NULL };
	int		  tries;

	for (tries = 0; tries < 100; tries++) {
		AUTO_RUN struct run_result r = run_json(state_dir, argv, NULL);

		run_assert_exit(&r, 0);
		if (str_equal(newest_job(r.json, "state"), "done"))
			return;
		(void)poll(NULL, 0, 50);
	}
	fail_msg("the job has not ended");
}

/* More than the line holds: from then on nothing is taken. */
static void
fill(struct pty *p)
{
	int i;

	for (i = 0; i < 60; i++) {
		pty_press(p, "Ctrl-L");
		while (pty_unread(p) > 0)
			(void)poll(NULL, 0, 1);
	}
}

static void
a_job_ends_while_nobody_reads_the_terminal(void **state)
{
	struct pty *p = console("settings");

	(void)state;
	pty_press(p, "/ 'me.mail' Enter");
	pty_see(p, "> ");
	pty_press_seen(p, "E Change");
	pty_see(p, "F8 Preview");
	pty_press(p, "'kim@corp.test' F8");
	pty_see(p, "Nothing has been changed yet");
	(void)pty_quiet(p, 100);
	fill(p);
	pty_press(p, "a");
	job_is_done_elsewhere();
	/* The first thing that is read after that is the whole picture. */
	pty_see(p, "Done, verified");
	pty_press(p, "F10");
	assert_int_equal(pty_ended(p, PTY_WAIT_MS), 0);
	pty_end(p);
}

static void
a_terminal_that_stands_still_can_be_hung_up(void **state)
{
	struct pty *p = console("about");

	(void)state;
	fill(p);
	assert_int_equal(kill(pty_pid(p), SIGTERM), 0);
	(void)pty_ended_unread(p, GONE_MS);
	pty_end(p);
}

/* 9600 baud: 96 bytes each 100 ms. */
static void
slowly(struct pty *p, const char *words, int tenths)
{
	while (strstr(pty_picture(p), words) == NULL && tenths-- > 0) {
		(void)poll(NULL, 0, 100);
		(void)pty_take(p, 96);
	}
	if (strstr(pty_picture(p), words) == NULL)
		fail_msg("\"%s\" does not come in time:\n%s", words,
		    pty_picture(p));
}

static void
at_9600_baud_a_screen_comes_in_two_seconds(void **state)
{
	struct pty *p = console_as("settings", (struct pty_options){
		.term = "vt100" });
	size_t	    before;

	(void)state;
	slowly(p, "Esc1 Help", 60);
	(void)pty_quiet(p, 200);
	before = pty_sent(p)->len;
	pty_press(p, "Down Down Down Down Down Up Up Up Up Esc1");
	slowly(p, "Help", 20);
	pty_press(p, "Esc3");
	slowly(p, "Settings", 20);
	(void)pty_quiet(p, 200);
	assert_in_range(pty_sent(p)->len - before, 1, 3200);
	pty_end(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_restores_the_terminal),
		cmocka_unit_test(a_crash_restores_the_terminal),
		cmocka_unit_test(leaving_restores_the_terminal),
		cmocka_unit_test(a_crash_leaves_no_core),
		cmocka_unit_test(a_line_that_hangs_up_ends_it),
		cmocka_unit_test(a_line_that_hangs_up_ends_it_below_nohup),
		cmocka_unit_test(a_line_that_hangs_up_while_keys_come_ends_it),
		cmocka_unit_test(sighup_ends_it),
		cmocka_unit_test(ctrl_z_stops_and_fg_brings_it_back),
		cmocka_unit_test(
		    ctrl_z_does_nothing_where_no_shell_could_go_on),
		cmocka_unit_test(a_line_that_tells_no_size_is_asked),
		cmocka_unit_test(a_terminal_of_one_cell_does_no_harm),
		cmocka_unit_test(fifty_resizes_are_a_few_paints),
		cmocka_unit_test(sixty_four_kilobytes_are_pasted),
		cmocka_unit_test(a_paste_on_a_list_presses_no_key),
		cmocka_unit_test(sixty_four_kilobytes_are_typed),
		cmocka_unit_test(a_character_may_come_in_two_parts),
		cmocka_unit_test(a_key_that_a_slow_line_splits_is_one_key),
		cmocka_unit_test(a_broadcast_does_not_stay),
		cmocka_unit_test(others_may_not_write_while_it_runs),
		cmocka_unit_test(a_job_ends_while_nobody_reads_the_terminal),
		cmocka_unit_test(a_terminal_that_stands_still_can_be_hung_up),
		cmocka_unit_test(at_9600_baud_a_screen_comes_in_two_seconds)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

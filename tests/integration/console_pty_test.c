/*
 * The console as somebody meets it who has read nothing: the real program on
 * a real terminal, with the demo's servers behind it, and only the keys that
 * stand on the screen.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lab/lab.h"
#include "../screen/vt.h"
#include "pty.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define FIRST_PAINT_MAX	1600	/* bytes, economy */
#define HOME		"stconsole  Home  "
#define SECRET_MIN	6	/* shorter ones may be a word of a screen */

static struct lab	 lab = LAB_INIT;
static char		*state_dir;

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	state_dir = run_state_new();
	if (lab_start(&lab, NULL, &e))
		return 0;
	print_error("%s\n", e.msg);
	return -1;
}

static int
tear_down(void **state)
{
	(void)state;
	lab_stop(&lab);
	run_state_end(state_dir);
	return 0;
}

/* The console on the lab; screen NULL: its first one. */
static struct pty *
console(const char *screen, const char *term, int rows, int cols)
{
	const char *words[] = {
		"--site", lab_site(&lab), "--state", state_dir,
		screen != NULL ? "go" : NULL, screen, NULL
	};

	return pty_start(&(struct pty_options){
		.words = words, .term = term, .rows = rows, .cols = cols
	});
}

/* --- secrets ------------------------------------------------------------ */

static void
secret_not_sent(const struct pty *p, const char *name)
{
	const char	*text = lab_secret_text(&lab, name);
	size_t		 len = strcspn(text, "\n");
	const struct buf *sent = pty_sent(p);

	if (len >= SECRET_MIN && memmem(sent->data, sent->len, text, len) !=
	    NULL)
		fail_msg("secrets/%s was sent to the terminal", name);
}

/* Of all passwords and URLs of the lab; their number. */
static void
no_secret_sent(const struct pty *p)
{
	AUTO_FREE char	*path = str_format("%s/secrets", lab_dir(&lab));
	DIR		*d = opendir(path);
	struct dirent	*f;
	int		 count = 0;

	assert_non_null(d);
	while ((f = readdir(d)) != NULL)
		if (f->d_name[0] != '.') {
			secret_not_sent(p, f->d_name);
			count++;
		}
	closedir(d);
	assert_true(count > 3);
}

/* --- what a new user does ----------------------------------------------- */

static void
leave(struct pty *p)
{
	pty_press(p, "F10");
	assert_int_equal(pty_ended(p, PTY_WAIT_MS), 0);
	pty_end(p);
}

/* Home to the preview: found by a part of the name. */
static void
find_and_preview(struct pty *p)
{
	pty_see(p, "ok Directory");
	pty_press_seen(p, "1 Administrators");
	pty_see(p, "kim.admin@corp.test");
	assert_null(strstr(pty_picture(p), "kim@corp.test"));
	pty_press_seen(p, "A Add");
	pty_see(p, "Part of name");
	pty_press(p, "'im co'");
	pty_press_seen(p, "Enter Search");
	pty_see(p, "kim@corp.test");
	assert_non_null(strstr(pty_cursor_row(p), "kim@corp.test"));
	pty_press_seen(p, "M Make administrator");
}

/* Back on the list, once with and once without the new one. */
static void
apply_and_undo(struct pty *p, const char *back)
{
	pty_see(p, "Add administrator kim@corp.test");
	pty_see(p, "Nothing has been changed yet");
	pty_press_seen(p, "A Apply");
	pty_see(p, "Done, verified");
	pty_press_seen(p, "U Undo");
	pty_see(p, "Undo: Add administrator kim@corp.test");
	pty_press_seen(p, "A Apply");
	pty_see_gone(p, "Nothing has been changed yet");
	pty_see(p, "Done, verified");
	pty_press_seen(p, back);
	pty_see(p, "Preview of admin add");
	pty_press_seen(p, back);
	pty_see(p, "Part of name");
	pty_press_seen(p, back);
	pty_see(p, "kim.admin@corp.test");
	assert_null(strstr(pty_picture(p), "kim@corp.test"));
	pty_press(p, back[0] == 'F' ? "F3" : "Esc3");
}

static void
read_the_audit(struct pty *p)
{
	pty_press_seen(p, "7 Audit");
	pty_see(p, "job.undo");
	assert_non_null(strstr(pty_picture(p), "admin.add"));
	pty_press_seen(p, "O Read");
	pty_see(p, "job undo 2");
}

static void
audit_has_both(void)
{
	const char *const argv[] = { "audit", "list", NULL };
	AUTO_RUN struct run_result r = run_json(state_dir, argv, NULL);
	const char	*out = buf_str(&r.out);

	run_assert_exit(&r, 0);
	assert_non_null(strstr(out, "admin add kim@corp.test"));
	assert_non_null(strstr(out, "job.undo"));
}

static void
an_administrator_is_added_undone_and_found_in_the_audit(void **state)
{
	struct pty *p = console(NULL, "xterm-256color", 24, 80);

	(void)state;
	find_and_preview(p);
	apply_and_undo(p, "F3 Back");
	read_the_audit(p);
	audit_has_both();
	no_secret_sent(p);
	leave(p);
}

static void
the_same_works_on_a_vt100_of_60x16(void **state)
{
	struct pty *p = console(NULL, "vt100", 16, 60);

	(void)state;
	find_and_preview(p);
	apply_and_undo(p, "Esc3 Back");
	read_the_audit(p);
	no_secret_sent(p);
	pty_press(p, "Esc0");
	assert_int_equal(pty_ended(p, PTY_WAIT_MS), 0);
	pty_end(p);
}

static void
the_demo_opens_on_its_home_screen(void **state)
{
	const char	*words[] = {
		"--site", "demo", "--state", state_dir, NULL
	};
	struct pty	*p = pty_start(&(struct pty_options){
		.words = words
	});

	(void)state;
	pty_see(p, HOME);
	/* What is known at once, before the demo's servers are there. */
	pty_see(p, "1 Administrators");
	pty_see(p, "DEMO");
	pty_see(p, "ok Directory");
	leave(p);
}

/* --- every screen ------------------------------------------------------- */

/* Its command, too, which is a screen of its own where there is one. */
static void
opened_and_left(struct pty *p, char digit)
{
	const char	 key[] = { digit, '\0' };
	int		 back = 0;

	pty_press(p, key);
	pty_see_gone(p, HOME);
	(void)pty_quiet(p, 200);
	/* The cursor is on the screen's focus, not on the bar. */
	assert_null(strstr(pty_cursor_row(p), "F1 Help"));
	pty_press(p, "F6");
	do {
		(void)pty_quiet(p, 100);
		pty_press(p, "F3");
	} while (!pty_wait(p, HOME, 500) && ++back < 5);
	pty_see(p, HOME);
}

static void
no_password_is_on_any_screen(void **state)
{
	struct pty	*p = console(NULL, "xterm-256color", 50, 132);
	const char	*digit;

	(void)state;
	pty_see(p, "ok Directory");
	for (digit = "1234567890"; *digit != '\0'; digit++)
		opened_and_left(p, *digit);
	no_secret_sent(p);
	leave(p);
}

static void
no_password_is_among_facts_logs_and_diffs(void **state)
{
	static const char *const screens[] = {
		"site_facts", "site_parts", "settings_secret", "mongo_members",
		"directory_test", "directory_chain", "services", "recover",
		"site_contradictions", "snapshot_take"
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(screens); i++) {
		struct pty *p = console(screens[i], "xterm-256color", 50, 132);

		pty_see(p, "F1 Help");
		(void)pty_quiet(p, 300);
		pty_press(p, "Enter");
		(void)pty_quiet(p, 300);
		no_secret_sent(p);
		pty_end(p);
	}
}

/* --- how it begins ------------------------------------------------------ */

/* See tests/fault/order.c: the home screen asks all three afterwards. */
static void
no_library_is_started_before_the_first_screen(void **state)
{
	AUTO_FREE char	*log = str_format("ORDER_LOG=%s/order", state_dir);
	AUTO_FREE char	*preload = strdup(run_binary());
	AUTO_FREE char	*env_preload = NULL;
	AUTO_BUF struct buf order = BUF_INIT;
	struct pty	*p;

	(void)state;
	*strrchr(preload, '/') = '\0';
	env_preload = str_format("LD_PRELOAD=%s/order.so", preload);
	p = pty_start(&(struct pty_options){
		.words = (const char *const []){ "--site", lab_site(&lab),
		    "--state", state_dir, NULL },
		.env = (const char *const []){ log, env_preload, NULL }
	});
	pty_see(p, "ok Directory");
	assert_true(file_read(AT_FDCWD, strchr(log, '=') + 1, 4096, &order,
	    NULL));
	if (!str_starts(buf_str(&order), "frame\n"))
		fail_msg("began with:\n%s", buf_str(&order));
	assert_non_null(strstr(buf_str(&order), "ldap_init_fd\n"));
	assert_non_null(strstr(buf_str(&order), "OPENSSL_init_ssl\n"));
	pty_end(p);
}

/* --- bytes -------------------------------------------------------------- */

static void
a_vt100_gets_its_first_screen_in_few_bytes(void **state)
{
	struct pty	*p = console("audit", "vt100", 24, 80);
	size_t		 before;

	(void)state;
	pty_see(p, "stconsole");
	pty_see(p, "admin.add");
	(void)pty_quiet(p, 300);
	if (pty_sent(p)->len > FIRST_PAINT_MAX)
		fail_msg("%zu bytes", pty_sent(p)->len);
	before = pty_sent(p)->len;
	pty_press(p, "Ctrl-L");
	(void)pty_quiet(p, 300);
	if (pty_sent(p)->len - before > FIRST_PAINT_MAX)
		fail_msg("repaint: %zu bytes", pty_sent(p)->len - before);
	pty_end(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_administrator_is_added_undone_and_found_in_the_audit),
		cmocka_unit_test(the_same_works_on_a_vt100_of_60x16),
		cmocka_unit_test(the_demo_opens_on_its_home_screen),
		cmocka_unit_test(no_password_is_on_any_screen),
		cmocka_unit_test(no_password_is_among_facts_logs_and_diffs),
		cmocka_unit_test(
		    no_library_is_started_before_the_first_screen),
		cmocka_unit_test(a_vt100_gets_its_first_screen_in_few_bytes)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

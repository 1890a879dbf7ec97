/*
 * The console on another emulator: tmux, asked what it shows.  A quirk of
 * libvterm cannot hide here.  Each script is keys and what is seen then; the
 * socket is private, nobody's configuration is read.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"
#include "stconsole/clock.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define WAIT_MS		20000
#define ASK_MS		20	/* between two looks at the screen */
#define WORDS_MAX	32
/* The first two would be keys on a list. */
#define PASTE		"q:Gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2\xe5\xad\x97"

static char	*dir, *socket_path, *state_dir, *site_dir;

static const char *const environment[] = {
	"LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/nonexistent", "TERM=xterm-256color",
	"XDG_STATE_HOME=/nonexistent", "TMUX=", "NO_COLOR=", "SSH_TTY=",
	"SSH_CONNECTION=", NULL
};

static int
set_up(void **state)
{
	(void)state;
	dir = run_state_new();
	state_dir = str_format("%s/state", dir);
	site_dir = str_format("%s/site", dir);
	assert_non_null(site_dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(state_dir);
	free(site_dir);
	run_state_end(dir);
	return 0;
}

/* --- tmux --------------------------------------------------------------- */

#define TMUX(out, ...) \
	tmux((out), (const char *const []){ __VA_ARGS__, NULL })

/* What it prints goes to out, or nowhere. */
static void
tmux(struct buf *out, const char *const *words)
{
	const char	*argv[WORDS_MAX] = {
		"/usr/bin/tmux", "-S", socket_path, "-f", "/dev/null"
	};
	struct proc_result r = { 0, false, BUF_INIT, BUF_INIT };
	struct err	 e = { 0 };
	struct proc_spec spec = {
		.argv = argv, .env = environment, .timeout_ms = WAIT_MS,
		.output_max = 1 << 20
	};
	size_t		 i;

	for (i = 0; words[i] != NULL; i++)
		argv[5 + i] = words[i];
	argv[5 + i] = NULL;
	if (!proc_run(&spec, &r, &e))
		fail_msg("%s", e.msg);
	if (r.exit_code != 0)
		fail_msg("tmux %s: %s", words[0], buf_str(&r.err));
	if (out != NULL) {
		buf_reset(out);
		buf_add(out, r.out.data, r.out.len);
	}
	buf_fini(&r.out);
	buf_fini(&r.err);
}

static void
screen_get(struct buf *out)
{
	TMUX(out, "capture-pane", "-p", "-t", "s");
}

static void
see(const char *words)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int64_t			 end = clock_mono_ms(&clock_system) + WAIT_MS;

	do {
		screen_get(&b);
		if (strstr(buf_str(&b), words) != NULL)
			return;
		(void)poll(NULL, 0, ASK_MS);
	} while (clock_mono_ms(&clock_system) < end);
	fail_msg("\"%s\" is not seen:\n%s", words, buf_str(&b));
}

/* A fact of the pane: "cursor_y", "alternate_on", "pane_dead". */
static long
fact(const char *name)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*format = str_format("#{%s}", name);

	TMUX(&b, "display-message", "-p", "-t", "s", format);
	return b.len > 1 ? strtol(b.data, NULL, 10) : -1;
}

static void
see_fact(const char *name, long value)
{
	int64_t end = clock_mono_ms(&clock_system) + WAIT_MS;

	while (fact(name) != value) {
		if (clock_mono_ms(&clock_system) > end)
			fail_msg("%s is %ld", name, fact(name));
		(void)poll(NULL, 0, ASK_MS);
	}
}

/* A server each time: one that is just ending refuses the next session. */
static void
begin(const char *screen, const char *cols, const char *rows)
{
	static int n;

	socket_path = str_format("%s/tmux-%d", dir, n++);
	assert_non_null(socket_path);
	TMUX(NULL, "new-session", "-d", "-s", "s", "-x", cols, "-y", rows,
	    "/bin/cat");
	TMUX(NULL, "set-option", "-g", "remain-on-exit", "on");
	TMUX(NULL, "respawn-pane", "-k", "-t", "s", run_binary(), "--site",
	    site_dir, "--state", state_dir, "go", screen);
}

static void
end(void)
{
	TMUX(NULL, "kill-server");
	free(socket_path);
	socket_path = NULL;
}

/* --- scripts ------------------------------------------------------------ */

struct line {
	const char	*key;	/* as tmux names it, NULL: none */
	const char	*seen;	/* NULL: nothing to wait for */
};

static void
script(const char *screen, const struct line *lines)
{
	begin(screen, "80", "24");
	for (; lines->key != NULL || lines->seen != NULL; lines++) {
		if (lines->key != NULL)
			TMUX(NULL, "send-keys", "-t", "s", lines->key);
		if (lines->seen != NULL)
			see(lines->seen);
	}
	end();
}

#define SCRIPT(screen, ...) \
	script((screen), (const struct line []){ __VA_ARGS__, { NULL, NULL } })

static void
home_opens_with_its_menu(void **state)
{
	(void)state;
	SCRIPT("home", { NULL, "stconsole  Home" },
	    { NULL, "1 Administrators" }, { NULL, "F1 Help" },
	    { NULL, "\xe2\x94\x80\xe2\x94\x80" });
}

static void
f1_opens_help_and_f3_closes_it(void **state)
{
	(void)state;
	SCRIPT("settings", { NULL, "> " }, { "F1", "W To file" },
	    { "F3", "E Change" });
}

static void
a_digit_opens_a_screen_and_escape_closes_it(void **state)
{
	(void)state;
	SCRIPT("home", { NULL, "8 Settings" }, { "8", "E Change" },
	    { "Escape", "8 Settings" });
}

static void
slash_filters_a_list(void **state)
{
	(void)state;
	SCRIPT("settings", { NULL, "E Change" }, { "/", NULL },
	    { "me.mail", "filter: me.mail" }, { "Enter", "1 of" });
}

static void
the_palette_leads_to_a_screen(void **state)
{
	(void)state;
	SCRIPT("about", { NULL, "State folder" }, { ":", NULL },
	    { "settings", NULL }, { "Enter", "E Change" });
}

static void
f6_shows_the_command(void **state)
{
	(void)state;
	SCRIPT("settings", { NULL, "E Change" },
	    { "F6", "settings list" });
}

static void
f8_previews_a_setting_and_a_applies_it(void **state)
{
	(void)state;
	SCRIPT("settings", { NULL, "E Change" }, { "/", NULL },
	    { "me.mail", NULL }, { "Enter", "> " }, { "e", "F8 Preview" },
	    { "kim@corp.test", "kim@corp.test" },
	    { "F8", "Nothing has been changed yet" },
	    { "a", "Done, verified" }, { "u", "Undo" });
}

static void
another_size_is_another_layout(void **state)
{
	(void)state;
	begin("settings", "100", "30");
	see("E Change");
	TMUX(NULL, "resize-window", "-t", "s", "-x", "60", "-y", "16");
	see("stconsole Settings");
	see("F1 Help");
	TMUX(NULL, "resize-window", "-t", "s", "-x", "120", "-y", "40");
	see("stconsole  Settings");
	end();
}

static void
the_cursor_is_on_the_focus(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*s;
	long			 row = 0, first;

	(void)state;
	begin("settings", "80", "24");
	see("> ");
	screen_get(&b);
	for (s = buf_str(&b); s[0] != '>'; row++) {
		s = strchr(s, '\n');
		assert_non_null(s);
		s++;
	}
	first = row;
	see_fact("cursor_y", first);
	TMUX(NULL, "send-keys", "-t", "s", "Down", "Down");
	see_fact("cursor_y", first + 2);
	see_fact("cursor_flag", 1);
	end();
}

static void
leaving_gives_the_shell_its_screen_back(void **state)
{
	(void)state;
	begin("settings", "80", "24");
	see("E Change");
	see_fact("alternate_on", 1);
	TMUX(NULL, "send-keys", "-t", "s", "F10");
	see_fact("pane_dead", 1);
	see_fact("alternate_on", 0);
	end();
}

static void
a_paste_is_text_not_keys(void **state)
{
	(void)state;
	begin("admin_pick", "80", "24");
	see("Part of name");
	TMUX(NULL, "set-buffer", PASTE);
	TMUX(NULL, "paste-buffer", "-p", "-t", "s");
	see(PASTE);
	end();
}

static void
a_terminal_without_function_keys_has_esc_and_digit(void **state)
{
	(void)state;
	begin("settings", "80", "24");
	see("E Change");
	TMUX(NULL, "respawn-pane", "-k", "-t", "s", "-e", "TERM=vt100",
	    run_binary(), "--site", site_dir, "--state", state_dir, "go",
	    "settings");
	see("Esc1 Help");
	TMUX(NULL, "send-keys", "-t", "s", "Escape", "6");
	see("settings list");
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(home_opens_with_its_menu),
		cmocka_unit_test(f1_opens_help_and_f3_closes_it),
		cmocka_unit_test(a_digit_opens_a_screen_and_escape_closes_it),
		cmocka_unit_test(slash_filters_a_list),
		cmocka_unit_test(the_palette_leads_to_a_screen),
		cmocka_unit_test(f6_shows_the_command),
		cmocka_unit_test(f8_previews_a_setting_and_a_applies_it),
		cmocka_unit_test(another_size_is_another_layout),
		cmocka_unit_test(the_cursor_is_on_the_focus),
		cmocka_unit_test(leaving_gives_the_shell_its_screen_back),
		cmocka_unit_test(a_paste_is_text_not_keys),
		cmocka_unit_test(
		    a_terminal_without_function_keys_has_esc_and_digit)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * The console on a terminal: how soon it is there, what it costs while
 * nothing happens and while much does.  dialog and htop are started by turns
 * with it, on the same kind of terminal.
 *
 * Started under the name "docker" this program is one, whose logs never end:
 * 10,000 lines a second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../integration/fake_program.h"
#include "../integration/pty.h"
#include "../integration/run.h"
#include "../lab/lab.h"
#include "bench.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define STARTS		31
#define IDLE_S		60
#define KEYS		400
#define LINES_A_MS	10
#define LINES_S		12
#define SHOWN_MS	5000

static void
must(bool ok, const char *what, const struct err *e)
{
	if (!ok)
		bench_stop(what, e->msg);
}

/* --- docker ------------------------------------------------------------- */

static int
logs_without_end(void)
{
	struct timespec	 ms = { 0, 1000000 };
	double		 start = bench_now_ms();
	long		 n = 0;

	while (bench_now_ms() - start < LINES_S * 1e3) {
		while (n < (bench_now_ms() - start) * LINES_A_MS)
			printf("line %ld of a log that is quite long\n", n++);
		fflush(stdout);
		nanosleep(&ms, NULL);
	}
	return 0;
}

/* --- start -------------------------------------------------------------- */

struct program {
	struct bench		 bench;
	struct pty_options	 options;
	const char		*last;	/* what it paints last */
};

static struct pty *
program_start(struct program *p)
{
	double		 start = bench_now_ms();
	struct pty	*pty = pty_start(&p->options);

	if (!pty_wait(pty, p->last, SHOWN_MS))
		bench_stop(p->bench.command, pty_picture(pty));
	bench_add(&p->bench, bench_now_ms() - start);
	return pty;
}

static void
start_row(struct program *own, struct program *dialog, struct program *htop)
{
	double	 own_ms, to_dialog, to_htop;
	double	 rss_kb[STARTS], threads[STARTS];
	int	 i;

	for (i = 0; i < STARTS; i++) {
		struct pty *p = program_start(own);

		rss_kb[i] = (double)pty_status(p, "VmRSS");
		threads[i] = (double)pty_status(p, "Threads");
		pty_end(p);
		pty_end(program_start(dialog));
		pty_end(program_start(htop));
	}
	own_ms = bench_spread(own->bench.wall_ms, STARTS).median;
	to_dialog = own_ms / bench_spread(dialog->bench.wall_ms,
	    STARTS).median;
	to_htop = own_ms / bench_spread(htop->bench.wall_ms, STARTS).median;
	bench_row("Start of the console", "first frame, with all that is "
	    "known, in at most 4 times dialog's and 0.5 times htop's time",
	    to_dialog <= 4 && to_htop <= 0.5);
	bench_lines(&own->bench);
	bench_lines(&dialog->bench);
	bench_lines(&htop->bench);
	bench_line("ratio of the medians", "to dialog", &to_dialog, 1);
	bench_line("ratio of the medians", "to htop", &to_htop, 1);
	bench_row("Memory of the console", "at most 24 MB at the first frame",
	    bench_spread(rss_kb, STARTS).max <= 24 * 1024);
	bench_line(own->bench.command, "RSS KiB", rss_kb, STARTS);
	bench_line(own->bench.command, "threads", threads, STARTS);
}

static void
starts(const struct lab *lab, const char *state)
{
	const char	*own_words[] = {
		"--site", lab_site(lab), "--state", state, NULL
	};
	static const char *const dialog_words[] = {
		"--menu", "Home", "20", "70", "12", "1", "Administrators", "2",
		"Directory", "3", "MongoDB", "4", "Site", "5", "Snapshots",
		"6", "Jobs", "7", "Audit", "8", "Settings", NULL
	};
	struct program	 own = {
		{ .command = "stconsole --site SITE" },
		{ .words = own_words }, "F1 Help"
	};
	struct program	 dialog = {
		{ .command = "dialog --menu" },
		{ .program = "/usr/bin/dialog", .words = dialog_words },
		"Cancel"
	};
	struct program	 htop = {
		{ .command = "htop" }, { .program = "/usr/bin/htop" },
		"F10Quit"
	};

	start_row(&own, &dialog, &htop);
}

/* --- nothing happens ---------------------------------------------------- */

static void
idle(const struct lab *lab, const char *state)
{
	const char	*about_words[] = {
		"--site", lab_site(lab), "--state", state, "go", "about", NULL
	};
	const char	*home_words[] = {
		"--site", lab_site(lab), "--state", state, NULL
	};
	struct pty	*about = pty_start(&(struct pty_options){
		.words = about_words });
	struct pty	*home = pty_start(&(struct pty_options){
		.words = home_words });
	double		 wakeups, bytes = 0, rss_kb, home_bytes = 0, end;

	pty_see(about, "State folder");
	pty_see(home, "ok Directory");
	(void)pty_quiet(about, 1000);
	wakeups = (double)pty_wakeups(about);
	for (end = bench_now_ms() + IDLE_S * 1e3; bench_now_ms() < end;) {
		home_bytes += (double)pty_quiet(home, 500);
		bytes += (double)pty_quiet(about, 500);
	}
	wakeups = (double)pty_wakeups(about) - wakeups;
	rss_kb = (double)pty_status(home, "VmRSS");
	bench_row("The console at rest", "no live view, 60 s: 0 wake-ups of "
	    "the thread of the screen, 0 bytes", wakeups <= 0 && bytes <= 0);
	bench_line("stconsole go about", "wake-ups", &wakeups, 1);
	bench_line("stconsole go about", "bytes", &bytes, 1);
	bench_line("stconsole (home)", "bytes", &home_bytes, 1);
	bench_row("Memory of the console", "at most 32 MB 60 s later, home "
	    "refreshed over TLS", rss_kb <= 32 * 1024);
	bench_line("stconsole (home)", "RSS KiB", &rss_kb, 1);
	pty_end(about);
	pty_end(home);
}

/* --- much happens ------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each key moves the caret, so that it always paints. */
static void
keys_row(struct pty *p, const char *what)
{
	double	 ms[KEYS], p50, p99;
	int	 i;

	for (i = 0; i < KEYS; i++) {
		double start;

		(void)pty_quiet(p, 5);
		start = bench_now_ms();
		pty_press(p, i % 2 == 0 ? "Down" : "Up");
		if (!pty_came(p, SHOWN_MS))
			bench_stop(what, pty_picture(p));
		ms[i] = bench_now_ms() - start;
	}
	qsort(ms, KEYS, sizeof(*ms), compare);
	p50 = ms[KEYS / 2];
	p99 = ms[KEYS * 99 / 100];
	bench_row("Key to first byte", "p99 at most 5 ms, also while a call "
	    "reads 10,000 lines a second", p99 <= 5);
	bench_line(what, "ms, p50", &p50, 1);
	bench_line(what, "ms, p99", &p99, 1);
	bench_line(what, "ms, worst", &ms[KEYS - 1], 1);
}

static void
put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	struct err	 e;

	must(file_write(AT_FDCWD, path, text, strlen(text), 0600, &e), path,
	    &e);
}

/* A site with one container, in a folder with the docker that we are. */
static void
site_make(const char *dir)
{
	AUTO_FREE char	*docker = str_format("%s/docker", dir);
	AUTO_FREE char	*state = str_format("%s/fake.json", dir);
	AUTO_JSON json_t *j = json_pack("{s:s, s:i, s:[{s:s,s:s,s:s,s:s,s:s}]}",
	    "root", dir, "n", 1, "containers", "id", "aaa", "name",
	    "sametime-community-1", "service", "community", "status",
	    "running", "started", "2026-11-24T09:00:00Z");

	put(dir, "docker-compose.yml", "services:\n  community:\n"
	    "    image: st/chat-server:12\n    env_file:\n"
	    "      - custom.env\n");
	put(dir, "custom.env", "CHANNEL_LAST_N=3\n");
	put(dir, ".env", "ENABLE_HTTP_REDIRECT=1\n");
	if (symlink(bench_built("tests/bench/console_bench"), docker) < 0 ||
	    json_dump_file(j, state, 0) < 0)
		bench_stop(dir, "cannot be made");
}

static void
busy(const char *state)
{
	char		*dir = run_state_new();
	AUTO_FREE char	*path = str_format("PATH=%s:/usr/bin:/bin", dir);
	AUTO_FREE char	*fake = str_format("FAKE_STATE=%s/fake.json", dir);
	AUTO_FREE char	*log = str_format("FAKE_LOG=%s/log", dir);
	const char	*env[] = { path, fake, log, NULL };
	const char	*words[] = {
		"--site", dir, "--state", state, "go", "services", NULL
	};
	struct pty	*p;

	site_make(dir);
	p = pty_start(&(struct pty_options){ .words = words, .env = env });
	pty_see(p, "> ");
	pty_see(p, "community");
	pty_press(p, ": 'settings' Enter");
	pty_see(p, "> me.mail");
	keys_row(p, "stconsole, Down and Up, nothing else");
	pty_press(p, "F3");
	pty_see(p, "community");
	pty_press(p, "l");
	pty_see(p, "asking");
	pty_press(p, ": 'settings' Enter");
	pty_see(p, "> me.mail");
	keys_row(p, "stconsole, Down and Up, a call reads a log");
	pty_press(p, "F3");
	pty_see(p, "asking (");		/* it was still read */
	pty_end(p);
	run_state_end(dir);
}

int
main(int argc, char **argv)
{
	struct lab	 lab = LAB_INIT;
	const char	*name = strrchr(argv[0], '/');
	char		*state;
	struct err	 e = { 0 };
	int		 code;

	if (str_equal(name != NULL ? name + 1 : argv[0], "docker") &&
	    argc > 1 && str_equal(argv[1], "logs"))
		return logs_without_end();
	if (fake_program_main(argc, argv, &code))
		return code;
	bench_heading();
	state = run_state_new();
	must(lab_start(&lab, NULL, &e), "lab", &e);
	starts(&lab, state);
	busy(state);
	idle(&lab, state);
	lab_stop(&lab);
	run_state_end(state);
	return 0;
}

/*
 * Random keys on the console: whatever is pressed, it goes on, the cursor is
 * on the focus, Esc leads home, nothing is done that was not previewed.
 *
 * CONSOLE_KEYS=N presses more of them; PROPERTY_SEED=N others.  What fails is
 * made as short as it gets and printed by the names of its keys.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../property/prng.h"
#include "roam.h"
#include "stconsole/mem.h"

#define WHY_SIZE	16384	/* a complaint and the picture */
#define STEPS		250	/* of one walk */
#define STEPS_ALL	15000

struct walk {
	uint64_t	 step[STEPS];
	size_t		 count;
};

static void
walk_make(struct walk *w, uint64_t round)
{
	struct prng p;

	prng_init(&p, round);
	for (w->count = 0; w->count < STEPS; w->count++)
		w->step[w->count] = prng_next(&p);
}

/* cmocka would take a crash of the child for one of this program. */
static void
child_signals(void)
{
	static const int	 signals[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL
	};
	size_t			 i;

	for (i = 0; i < LENGTH(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
}

/* In a child: a crash is a failure like others.  0 is fine. */
static int
walk_child(const struct walk *w, int out)
{
	struct roam	 r;
	size_t		 i;
	bool		 ok = true;

	roam_open(&r);
	for (i = 0; ok && i < w->count; i++)
		ok = roam_step(&r, w->step[i]);
	ok = ok && roam_home(&r);
	if (!ok)
		(void)dprintf(out, "%s\n%s", r.complaint,
		    console_text(&r.c, true));
	roam_close(&r);
	return ok ? 0 : 1;
}

/* True when all held; else what did not. */
static bool
walk_holds(const struct walk *w, char *why, size_t size)
{
	int	 fds[2], status;
	size_t	 len = 0;
	pid_t	 pid;
	ssize_t	 n;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		child_signals();
		close(fds[0]);
		_exit(walk_child(w, fds[1]));
	}
	close(fds[1]);
	while (len < size - 1 &&
	    (n = read(fds[0], why + len, size - 1 - len)) > 0)
		len += (size_t)n;
	why[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (why[0] == '\0')
		snprintf(why, size, "it ended with status %x",
		    (unsigned)status);
	return false;
}

/* Leaves out runs of steps, long ones first, as long as it still fails. */
static void
walk_shorten(struct walk *w)
{
	char	 why[WHY_SIZE];
	size_t	 len, at;

	for (len = w->count / 2; len > 0; len /= 2)
		for (at = 0; at + len <= w->count;) {
			struct walk less = *w;

			memmove(less.step + at, less.step + at + len,
			    (less.count - at - len) * sizeof(*less.step));
			less.count -= len;
			if (walk_holds(&less, why, sizeof(why)))
				at += len;
			else
				*w = less;
		}
}

static void
walk_fails(struct walk *w, unsigned long round)
{
	AUTO_BUF struct buf	 names = BUF_INIT;
	char			 why[WHY_SIZE];
	size_t			 i;

	walk_shorten(w);
	(void)walk_holds(w, why, sizeof(why));
	for (i = 0; i < w->count; i++) {
		buf_puts(&names, i > 0 ? ", " : "");
		roam_name(w->step[i], &names);
	}
	print_error("after: %s\n(round %lu)\n%s\n", buf_str(&names), round,
	    why);
	fail();
}

static size_t
steps_wanted(void)
{
	const char *s = getenv("CONSOLE_KEYS");

	return s != NULL ? (size_t)strtoull(s, NULL, 10) : STEPS_ALL;
}

static void
whatever_is_pressed_the_console_goes_on(void **state)
{
	unsigned long	 round, rounds = steps_wanted() / STEPS + 1;
	char		 why[WHY_SIZE];
	struct walk	 w;

	(void)state;
	for (round = 0; round < rounds; round++) {
		walk_make(&w, round);
		if (!walk_holds(&w, why, sizeof(why)))
			walk_fails(&w, round);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_pressed_the_console_goes_on)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "kill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define CALLS_MAX	5000

/* BUILD/tests/integration/NAME -> BUILD/fault.so */
static char *
fault_library(void)
{
	char	*dir = strdup(run_binary()), *slash;
	char	*path;

	slash = strrchr(dir, '/');
	*slash = '\0';
	path = str_format("%s/fault.so", dir);
	free(dir);
	return path;
}

static void
fault_on(const struct kill_case *c, int n, const char *log)
{
	AUTO_FREE char	*lib = fault_library();
	char		 number[16];

	snprintf(number, sizeof(number), "%d", n);
	setenv("FAULT_WHAT", c->what, 1);
	setenv("FAULT_AT", number, 1);
	setenv("FAULT_LOG", log, 1);
	if (c->only != NULL)
		setenv("FAULT_ONLY", c->only, 1);
	else
		unsetenv("FAULT_ONLY");
	setenv("LD_PRELOAD", lib, 1);
}

static void
fault_off(void)
{
	unsetenv("LD_PRELOAD");
	unsetenv("FAULT_WHAT");
	unsetenv("FAULT_AT");
	unsetenv("FAULT_ONLY");
	unsetenv("FAULT_LOG");
}

static bool
fault_happened(const char *log)
{
	AUTO_BUF struct buf b = BUF_INIT;
	const char	*line;

	if (!file_read(-100, log, 65536, &b, NULL))
		return false;
	/* Children that the program had tell their totals too. */
	for (line = buf_str(&b); str_starts(line, "total"); line++)
		if ((line = strchr(line, '\n')) == NULL)
			return false;
	return *line != '\0';
}

/*
 * A program that was killed is; one that was refused something ends by
 * itself, and tells why in a sentence unless it did not matter.
 */
static void
check_usual(const struct kill_case *c, const char *state,
    const struct run_result *r, bool hit)
{
	if (str_starts(c->what, "kill")) {
		run_assert_exit(r, hit ? 137 : 0);
	} else {
		if (!hit)
			run_assert_exit(r, 0);
		assert_true(r->exit_code < 128);
		if (r->exit_code != 0 && r->exit_code != 7)
			assert_true(strlen(json_text(json_object_get(r->json,
			    "error"), "message")) > 0 || r->err.len > 0);
	}
	c->ends_well(c->arg, state);
}

static bool
one_run(const struct kill_case *c, int n)
{
	AUTO_RUN struct run_result	 r = { 0 };
	char				*state = run_state_new();
	AUTO_FREE char			*log = str_format("%s.fault", state);
	bool				 hit;

	c->setup(c->arg);
	fault_on(c, n, log);
	r = run_json(state, c->argv, c->input);
	fault_off();
	hit = fault_happened(log);
	if (c->check != NULL)
		c->check(c->arg, state, &r, hit);
	else
		check_usual(c, state, &r, hit);
	unlink(log);
	run_state_end(state);
	return hit;
}

int
kill_at_every_call(const struct kill_case *c)
{
	int	step = c->step > 0 && getenv("KILL_EVERYWHERE") == NULL ?
	    c->step : 1;
	int	n, hits = 0;

	for (n = 1; n < CALLS_MAX; n += step) {
		if (!one_run(c, n))
			break;
		hits++;
	}
	assert_true(hits > 0);
	assert_true(n < CALLS_MAX);
	print_message("%s at %d places\n", c->what, hits);
	return hits;
}

static void
resume_all(const char *state, const json_t *jobs)
{
	const json_t	*job;
	size_t		 i;

	json_array_foreach (jobs, i, job) {
		const char		*now = json_text(job, "state");
		const char		*argv[] = { "job", "resume",
		    json_text(job, "id"), NULL };
		AUTO_RUN struct run_result r = { 0 };

		if (strcmp(now, "done") == 0 || strcmp(now, "undone") == 0)
			continue;
		r = run_json(state, argv, NULL);
		run_assert_exit(&r, 0);
	}
}

void
kill_recover(const char *state, const char *const *argv, const char *input)
{
	static const char *const	 list[] = { "job", "list", NULL };
	AUTO_RUN struct run_result	 jobs = run_json(state, list, NULL);
	AUTO_RUN struct run_result	 again = { 0 };
	const json_t			*found;

	run_assert_exit(&jobs, 0);
	found = json_object_get(json_object_get(jobs.json, "result"),
	    "jobs");
	if (json_array_size(found) > 0) {
		resume_all(state, found);
		return;
	}
	again = run_json(state, argv, input);
	run_assert_exit(&again, 0);
}

/*
 * Exit statuses are a contract with scripts and cron jobs: these tables are
 * the only place that decides them.
 */
#include "parts.h"

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* What is not named here has failed. */
static const enum cli_exit by_domain[ERR_DOMAIN_COUNT] = {
	[ERR_NONE] = EXIT_FAILED,
	[ERR_USAGE] = EXIT_USAGE,
	[ERR_REFUSED] = EXIT_REFUSED,
	[ERR_CHANGED] = EXIT_CHANGED,
	[ERR_CANCELLED] = EXIT_CANCELLED,
	[ERR_HELD] = EXIT_HELD,
	[ERR_UNVERIFIED] = EXIT_UNVERIFIED,
};

/* A job that still runs elsewhere was started as asked. */
static const enum cli_exit by_state[] = {
	[JOB_RUNNING] = EXIT_DONE,
	[JOB_WAITING] = EXIT_DONE,
	[JOB_HELD] = EXIT_REFUSED,
	[JOB_DONE] = EXIT_DONE,
	[JOB_UNDONE] = EXIT_FAILED,
	[JOB_FAILED] = EXIT_FAILED,
	[JOB_CANCELLED] = EXIT_CANCELLED,
	[JOB_INTERRUPTED] = EXIT_CANCELLED,
};

static const char *const meanings[EXIT_COUNT] = {
	[EXIT_DONE] = T_EXIT_DONE,
	[EXIT_FAILED] = T_EXIT_FAILED,
	[EXIT_USAGE] = T_EXIT_USAGE,
	[EXIT_REFUSED] = T_EXIT_REFUSED,
	[EXIT_CHANGED] = T_EXIT_CHANGED,
	[EXIT_CANCELLED] = T_EXIT_CANCELLED,
	[EXIT_HELD] = T_EXIT_HELD,
	[EXIT_UNVERIFIED] = T_EXIT_UNVERIFIED,
};

int
exit_from_err(const struct err *e)
{
	enum cli_exit status = by_domain[e->domain];

	/* The table's holes are 0, which would say "done". */
	return status == EXIT_DONE ? EXIT_FAILED : (int)status;
}

int
exit_from_job(enum job_state state, bool verified)
{
	if (state == JOB_DONE && !verified)
		return EXIT_UNVERIFIED;
	return (int)by_state[state];
}

int
exit_from_job_name(const char *state, bool verified)
{
	size_t i;

	for (i = 0; i < LENGTH(by_state); i++)
		if (str_equal(state, job_state_name((enum job_state)i)))
			return exit_from_job((enum job_state)i, verified);
	return EXIT_FAILED;
}

const char *
exit_meaning(enum cli_exit status)
{
	return meanings[status];
}

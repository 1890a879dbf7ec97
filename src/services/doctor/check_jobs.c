/*
 * Jobs that wait for somebody: one that was interrupted has done a part of a
 * change, and whoever looks next should know.
 */
#include "doctor.h"

#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define JOBS_LOOKED_AT	50

struct job_counts {
	unsigned	 running, open;
	const json_t	*first;		/* of the open ones */
};

static void
jobs_count(const json_t *jobs, struct job_counts *c)
{
	static const char *const open_states[] = {
		"interrupted", "held", "waiting"
	};
	const json_t	*job;
	size_t		 i, k;

	json_array_foreach (jobs, i, job) {
		const char *state = json_text(job, "state");

		c->running += str_equal(state, "running");
		for (k = 0; k < LENGTH(open_states); k++) {
			if (!str_equal(state, open_states[k]))
				continue;
			if (c->open++ == 0)
				c->first = job;
		}
	}
}

void
jobs_judge(const json_t *jobs, struct finding *f)
{
	struct job_counts c = { 0 };

	jobs_count(jobs, &c);
	if (c.open > 0) {
		finding_set(f, MARK_WARN, T_JOBS_OPEN, c.open);
		finding_why(f, T_JOBS_OPEN_WHY, json_text(c.first, "verb"),
		    json_text(c.first, "state"), json_text(c.first, "id"));
	} else if (c.running > 0) {
		finding_set(f, MARK_OK, T_JOBS_RUNNING, c.running);
	} else {
		finding_set(f, MARK_OK, "%s", T_JOBS_NONE);
	}
}

void
check_jobs(const struct probe *p, struct finding *f)
{
	const struct verb	*list = registry_verb(p->ctx->registry,
				    "job.list");
	AUTO_JSON json_t	*params = json_pack("{s:i}", "limit",
				    JOBS_LOOKED_AT);
	AUTO_JSON json_t	*result = NULL;
	AUTO_PLAN struct plan	*none = NULL;
	struct err		 e = { 0 };

	if (list == NULL || params == NULL || p->ctx->store == NULL)
		finding_why(f, T_JOBS_NO_STATE);
	else if (verb_call(p->ctx, list, params, &result, &none, &e))
		jobs_judge(json_object_get(result, "jobs"), f);
	else
		finding_err(f, MARK_UNKNOWN, &e);
}

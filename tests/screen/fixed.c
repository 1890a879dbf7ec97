#include "fixed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/work_maker.h"

#define ANSWERS		"tests/screen/answers/"
#define EVENTS_MAX	64

struct fixed {
	struct work		 work;		/* first */
	int64_t			 wall_ms;
	struct work_event	 events[EVENTS_MAX];
	size_t			 count;
	unsigned		 last_id;
	size_t			 started, acted;
	char			*verb;
	json_t			*params;
	bool			 is_held;
	unsigned		 jobs;
	int			 fd[2];		/* a pipe: never readable */
};

static struct fixed *
fixed(const struct work *w)
{
	return (struct fixed *)(uintptr_t)w;
}

static json_t *
answer_read(const struct work_call *call)
{
	static const char *const	 suffix[] = {
		[WORK_CALL] = "", [WORK_PLAN] = ".plan",
		[WORK_APPLY] = ".apply", [WORK_WAIT] = ".wait"
	};
	AUTO_FREE char			*path = str_format("%s%s%s.json",
					    ANSWERS, call->verb,
					    suffix[call->kind]);
	json_t				*doc = json_load_file(path, 0, NULL);

	if (doc == NULL)
		doc = json_pack("{s:b, s:{s:s, s:i, s:s+, s:s}}", "ok", false,
		    "error", "domain", "sys", "code", 2, "message",
		    "no answer is kept for ", call->verb, "hint", "");
	return doc;
}

static void
fixed_free(struct work *w)
{
	struct fixed *f = fixed(w);

	while (f->count > 0)
		work_event_fini(&f->events[--f->count]);
	free(f->verb);
	json_decref(f->params);
	close(f->fd[0]);
	close(f->fd[1]);
	work_fini(w);
	free(f);
}

static bool
acts(const struct work *w, const struct work_call *call)
{
	const struct verb *v = registry_verb(work_world(w)->registry,
	    call->verb);

	return call->kind == WORK_APPLY ||
	    (call->kind == WORK_CALL && v != NULL && v->read == NULL);
}

static unsigned
fixed_start(struct work *w, const struct work_call *call, struct err *e)
{
	struct fixed		*f = fixed(w);
	AUTO_BUF struct buf	 command = BUF_INIT;
	json_t			*doc = answer_read(call);

	if (f->count == EVENTS_MAX) {
		json_decref(doc);
		err_set(e, ERR_SYS, 0, "too many calls");
		return 0;
	}
	work_command(w, call->verb, call->params, &command);
	json_object_set_new(doc, "command", json_string(buf_str(&command)));
	json_object_set_new(doc, "at", json_integer(f->wall_ms));
	json_object_set_new(doc, "site", json_pack("{s:s, s:s, s:b}", "kind",
	    "docker", "root", "/opt/sametime", "demo", false));
	free(f->verb);
	f->verb = strdup(call->verb);
	json_decref(f->params);
	f->params = json_deep_copy(call->params);
	f->started++;
	f->acted += acts(w, call);
	f->last_id++;
	/* What follows ends when it is told to, and here never. */
	if (json_flag(call->params, "follow"))
		json_decref(doc);
	else
		f->events[f->count++] = (struct work_event){
			WORK_ANSWER, f->last_id, doc
		};
	return f->last_id;
}

static void
fixed_cancel(struct work *w, unsigned id)
{
	(void)w;
	(void)id;
}

static int
fixed_fd(const struct work *w)
{
	return fixed(w)->fd[0];
}

static bool
fixed_next(struct work *w, struct work_event *ev)
{
	struct fixed *f = fixed(w);

	if (f->count == 0 || f->is_held)
		return false;
	*ev = f->events[0];
	f->count--;
	memmove(f->events, f->events + 1, f->count * sizeof(*f->events));
	return true;
}

static unsigned
fixed_jobs(const struct work *w)
{
	return fixed(w)->jobs;
}

void
fixed_jobs_set(struct work *w, unsigned jobs)
{
	fixed(w)->jobs = jobs;
}

static const struct work_ops ops = {
	.free = fixed_free, .start = fixed_start, .cancel = fixed_cancel,
	.fd = fixed_fd, .next = fixed_next, .jobs_hosted = fixed_jobs
};

struct work *
fixed_new(const struct world *w, int64_t wall_ms, struct err *e)
{
	struct fixed *f = calloc(1, sizeof(*f));

	if (f == NULL || pipe(f->fd) < 0) {
		free(f);
		err_sys(e, "fixed work");
		return NULL;
	}
	f->wall_ms = wall_ms;
	if (work_init(&f->work, &ops, w, e))
		return &f->work;
	fixed_free(&f->work);
	return NULL;
}

void
fixed_hold(struct work *w)
{
	fixed(w)->is_held = true;
}

void
fixed_release(struct work *w)
{
	fixed(w)->is_held = false;
}

size_t
fixed_count(const struct work *w)
{
	return fixed(w)->started;
}

size_t
fixed_acted(const struct work *w)
{
	return fixed(w)->acted;
}

const char *
fixed_verb(const struct work *w)
{
	return fixed(w)->verb != NULL ? fixed(w)->verb : "";
}

const json_t *
fixed_params(const struct work *w)
{
	return fixed(w)->params;
}

void
fixed_event(struct work *w, enum work_event_kind kind)
{
	struct fixed *f = fixed(w);

	if (f->count < EVENTS_MAX)
		f->events[f->count++] = (struct work_event){ kind, 0, NULL };
}

void
fixed_lines(struct work *w, json_t *lines)
{
	struct fixed *f = fixed(w);

	if (f->count == EVENTS_MAX) {
		json_decref(lines);
		return;
	}
	f->events[f->count++] = (struct work_event){ WORK_LINES, f->last_id,
		json_pack("{s:o, s:i}", "lines", lines, "lost", 0) };
}

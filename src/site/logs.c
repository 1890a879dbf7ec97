/*
 * site.logs: what a service's container wrote, both of its streams in their
 * order, control characters taken out.
 */
#include "daily.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "engine.h"
#include "kube.h"
#include "text_daily.def"

#define LOG_TIMEOUT_MS	60000
#define LINES_DEFAULT	200

struct lines {
	struct ctx	*ctx;
	json_t		*list;		/* NULL: they go to ctx->on_line */
	char		*last;		/* malloc'd */
	bool		 failed;
};

static void
take_line(void *arg, const char *line)
{
	struct lines	*l = arg;
	AUTO_FREE char	*clean = strdup(line);

	if (clean == NULL) {
		l->failed = true;
		return;
	}
	str_strip_control(clean);
	if (l->list == NULL)
		l->ctx->on_line(l->ctx->on_line_arg, clean);
	else if (json_array_append_new(l->list, json_string(clean)) < 0)
		l->failed = true;
	free(l->last);
	l->last = TAKE(clean);
}

static bool
words_add(json_t *argv, const json_t *params, struct err *e)
{
	int64_t		 since = json_int(params, "since", 0);
	AUTO_FREE char	*age = str_format("--since=%llds", (long long)since);
	AUTO_FREE char	*tail = str_format("--tail=%lld", (long long)
	    json_int(params, "lines", LINES_DEFAULT));
	bool		 ok = argv != NULL && age != NULL && tail != NULL;

	/* "since" asks for all of that time. */
	if (ok && since > 0)
		ok = json_array_append_new(argv, json_string(age)) == 0;
	if (ok && (since == 0 || json_object_get(params, "lines") != NULL))
		ok = json_array_append_new(argv, json_string(tail)) == 0;
	if (ok && json_flag(params, "follow"))
		ok = json_array_append_new(argv, json_string("-f")) == 0;
	return ok ? true : err_nomem(e);
}

/* The container that runs, else the last one there is; "" for none. */
static const char *
container_of(const struct engine *engine, const char *service)
{
	const json_t	*c, *found = NULL;
	size_t		 i;

	json_array_foreach(engine->containers, i, c) {
		if (strcmp(json_text(c, "service"), service) != 0)
			continue;
		if (found == NULL ||
		    strcmp(json_text(c, "state"), "running") == 0)
			found = c;
	}
	return json_text(found, "id");
}

static json_t *
compose_argv(struct ctx *ctx, const struct site *site,
    const json_t *params, struct err *e)
{
	AUTO_ENGINE struct engine engine = { .command = NULL };
	AUTO_JSON json_t	*argv = NULL;
	const char		*service = json_text(params, "service"), *id;

	if (!engine_open(ctx, site, &engine, e))
		return NULL;
	id = container_of(&engine, service);
	if (engine.command == NULL) {
		err_copy(e, &engine.why);
		return NULL;
	}
	if (*id == '\0') {
		err_set(e, ERR_SITE, 0, T_DAILY_NO_CONTAINER, service);
		err_hint(e, T_DAILY_UNKNOWN_HINT);
		return NULL;
	}
	argv = json_pack("[s,s]", engine.command, "logs");
	if (!words_add(argv, params, e))
		return NULL;
	if (json_array_append_new(argv, json_string(id)) < 0) {
		err_nomem(e);
		return NULL;
	}
	return TAKE(argv);
}

static json_t *
kube_argv(struct ctx *ctx, const struct site *site, const json_t *params,
    struct err *e)
{
	AUTO_KUBE struct kube	 kube = { .namespace = NULL };
	AUTO_JSON json_t	*argv = NULL;
	AUTO_FREE char		*what = str_format("deployment/%s",
	    json_text(params, "service"));

	if (!kube_open(ctx, site, &kube, e))
		return NULL;
	argv = json_pack("[s,s,s,s,s]", "kubectl", "logs",
	    what != NULL ? what : "", "-n", kube.namespace);
	return words_add(argv, params, e) ? TAKE(argv) : NULL;
}

/* Where stderr is merged, the last line is the reason. */
static bool
failed(const struct lines *l, const char *program,
    const struct proc_result *r, struct err *e)
{
	if (strcmp(program, "kubectl") == 0)
		return kube_blame(program, r->exit_code, buf_str(&r->err), e);
	return err_set(e, ERR_PROC, r->exit_code, T_ENGINE_FAILED, program,
	    r->exit_code, l->last != NULL ? l->last : "");
}

/*
 * Following ends when it is cancelled: that is its end, not a failure.
 * kubectl hands out both of a pod's streams on stdout; on its stderr it
 * speaks itself ("Found 2 pods, using ...").
 */
static bool
run(struct ctx *ctx, const json_t *argv, bool follows, struct lines *l,
    struct err *e)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err		 why;
	bool			 ok;

	if (words == NULL)
		return err_nomem(e);
	ok = proc_run(&(struct proc_spec){ .argv = words,
	    .timeout_ms = follows ? 0 : LOG_TIMEOUT_MS,
	    .cancel = ctx->cancel, .line = take_line, .arg = l,
	    .merges_err = strcmp(words[0], "kubectl") != 0 }, &r, &why);
	if (!ok && !(follows && why.domain == ERR_CANCELLED))
		return err_copy(e, &why);
	if (ok && r.exit_code != 0)
		return failed(l, words[0], &r, e);
	return l->failed ? err_nomem(e) : true;
}

bool
logs_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*argv = NULL, *list = json_array();
	bool			 follows = json_flag(params, "follow");
	struct lines		 l = { .ctx = ctx, .list = list };
	struct site		*site;
	bool			 ok;

	if (list == NULL)
		return err_nomem(e);
	if (ctx->on_line != NULL)
		l.list = NULL;
	if (!site_need(ctx, &site, e) || !daily_not_windows(site, e))
		return false;
	argv = site_kind(site) == SITE_KUBERNETES ?
	    kube_argv(ctx, site, params, e) :
	    compose_argv(ctx, site, params, e);
	ok = argv != NULL && run(ctx, argv, follows, &l, e);
	free(l.last);
	if (!ok)
		return false;
	*result = json_pack("{s:O}", "lines", list);
	return *result != NULL ? true : err_nomem(e);
}

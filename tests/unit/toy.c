#include "toy.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/action.h"
#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &toy_service
};
static const struct registry registry = { services, LENGTH(services) };

void
toy_join(struct toy *t, const char *dir)
{
	struct err e = { 0 };

	memset(t, 0, sizeof(*t));
	t->dir = strdup(dir);
	t->world = str_format("%s/world", t->dir);
	assert_true(file_make_dirs(t->world, 0700, &e));
	t->clock = clock_system;
	assert_true(cancel_init(&t->cancel, &e));
	t->who.role = ROLE_ADMIN;
	t->who.uid = getuid();
	snprintf(t->who.user, sizeof(t->who.user), "kim");
	t->ctx.registry = &registry;
	t->ctx.store = store_open(t->dir, &e);
	assert_non_null(t->ctx.store);
	t->ctx.clock = &t->clock;
	t->ctx.cancel = &t->cancel;
	t->ctx.who = &t->who;
	/* Locks by a site of its own, so that tests do not meet. */
	snprintf(t->ctx.site_id, sizeof(t->ctx.site_id), "toy-%s",
	    strrchr(dir, '.') + 1);
}

void
toy_init(struct toy *t)
{
	char template[] = "/tmp/stconsole-toy.XXXXXX";

	assert_non_null(mkdtemp(template));
	toy_join(t, template);
}

void
toy_fini(struct toy *t)
{
	AUTO_FREE char *locks = str_format("/run/stconsole/%s",
	    t->ctx.site_id);

	store_close(t->ctx.store);
	cancel_fini(&t->cancel);
	file_remove_tree(t->dir, NULL);
	/* Without a site it would be the locks of everybody. */
	if (t->ctx.site_id[0] != '\0')
		file_remove_tree(locks, NULL);
	free(t->dir);
	free(t->world);
}

int
toy_setup(void **state)
{
	struct toy *t = malloc(sizeof(*t));

	assert_non_null(t);
	toy_init(t);
	*state = t;
	return 0;
}

int
toy_teardown(void **state)
{
	toy_fini(*state);
	free(*state);
	return 0;
}

/* The world is found from the state folder: actions know only ctx. */
static char *
toy_path(const struct ctx *ctx, const char *name)
{
	return store_path(ctx->store, "world/%s", name);
}

static char *
read_value(const struct ctx *ctx, const char *name)
{
	AUTO_FREE char		*path = toy_path(ctx, name);
	struct buf		 b = BUF_INIT;

	if (!file_read(AT_FDCWD, path, 4096, &b, NULL)) {
		buf_fini(&b);
		return strdup("");
	}
	return buf_take(&b);
}

char *
toy_get(const struct toy *t, const char *name)
{
	return read_value(&t->ctx, name);
}

static bool
write_value(const struct ctx *ctx, const char *name, const char *value,
    struct err *e)
{
	AUTO_FREE char *path = toy_path(ctx, name);

	if (*value == '\0')
		return file_remove(AT_FDCWD, path, e);
	return file_write(AT_FDCWD, path, value, strlen(value), 0600, e);
}

void
toy_put(const struct toy *t, const char *name, const char *value)
{
	assert_true(write_value(&t->ctx, name, value, NULL));
}

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_FREE char *now = read_value(ctx, json_text(args, "name"));

	(void)memo;
	(void)e;
	json_object_set_new(seen, "value", json_string(now));
	if (strcmp(now, json_text(args, "after")) == 0)
		*found = PROBE_DONE;
	else if (strcmp(now, json_text(args, "before")) == 0)
		*found = PROBE_TODO;
	else
		*found = PROBE_CHANGED;
	return true;
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return write_value(ctx, json_text(args, "name"), json_text(args,
	    "after"), e);
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)memo;
	return write_value(ctx, json_text(args, "name"), json_text(args,
	    "before"), e);
}

static bool
todo_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}

static bool
fail_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)memo;
	return err_set(e, ERR_SYS, 5, "%s cannot be done",
	    json_text(args, "name"));
}

static bool
lie_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)e;
	return true;
}

/* Stops the whole process, as one that hangs; done once x says so. */
static bool
stop_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)e;
	return raise(SIGSTOP) == 0;
}

static bool
stop_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_FREE char *now = read_value(ctx, json_text(args, "name"));

	(void)memo;
	(void)seen;
	(void)e;
	*found = strcmp(now, "passed") == 0 ? PROBE_DONE : PROBE_TODO;
	return true;
}

/* A signal that says stop comes while it works. */
static bool
stopme_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	cancel_request(ctx->cancel, CANCEL_INTERRUPT);
	return write_act(ctx, args, memo, e);
}

/* Answers only the fourth time; the times are counted in the world. */
static bool
busy_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_FREE char	*asked = read_value(ctx, "asked");
	AUTO_FREE char	*more = str_format("%sx", asked);

	if (strlen(asked) >= 3)
		return write_probe(ctx, args, memo, found, seen, e);
	if (!write_value(ctx, "asked", more, e))
		return false;
	err_set(e, ERR_SYS, 111, "nobody answers");
	e->retryable = true;
	return false;
}

/* As toy.write, but the value is a kept object. */
static bool
blob_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	(void)memo;
	return blob_get(ctx, json_text(args, "object"), &b, e) &&
	    write_value(ctx, json_text(args, "name"), buf_str(&b), e);
}

static bool
expand_blob(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	AUTO_FREE char	*names = strdup(json_text(args, "name"));
	const char	*after = json_text(args, "after");
	char		*save, *name, digest[65];

	if (!plan_blob_add(sub, after, strlen(after), digest, e))
		return false;
	for (name = strtok_r(names, ",", &save); name != NULL;
	    name = strtok_r(NULL, ",", &save))
		if (!plan_step_add(sub, &(struct step_spec){
		    .action = "toy.blob", .args = json_pack(
		    "{s:s, s:s, s:s, s:s}", "name", name, "before", "",
		    "after", after, "object", digest) }, e, "%s", name))
			return false;
	(void)ctx;
	return true;
}

static bool	 add_write(struct ctx *ctx, struct plan *plan,
		     const char *action, const char *name,
		     const char *value, struct err *e);

static bool
expand(struct ctx *ctx, const json_t *args, struct plan *sub, struct err *e)
{
	AUTO_FREE char	*names = strdup(json_text(args, "name"));
	char		*save, *name;

	for (name = strtok_r(names, ",", &save); name != NULL;
	    name = strtok_r(NULL, ",", &save))
		if (!add_write(ctx, sub, "toy.write", name, json_text(args,
		    "after"), e))
			return false;
	return true;
}

/* As toy.expand, but its steps need the lock "more" as well. */
static bool
expand_locked(struct ctx *ctx, const json_t *args, struct plan *sub,
    struct err *e)
{
	return plan_lock_add(sub, "more", e) && expand(ctx, args, sub, e);
}

static const struct action actions[] = {
	{ .name = "toy.write", .kind = STEP_WRITE, .probe = write_probe,
	  .act = write_act, .undo = write_undo },
	{ .name = "toy.wait", .kind = STEP_WAIT, .probe = write_probe },
	{ .name = "toy.held", .kind = STEP_MANUAL, .probe = write_probe },
	{ .name = "toy.pause", .kind = STEP_MANUAL, .probe = todo_probe,
	  .is_pause = true },
	{ .name = "toy.expandlocked", .kind = STEP_EXPAND,
	  .probe = todo_probe, .expand = expand_locked },
	{ .name = "toy.expand", .kind = STEP_EXPAND, .probe = todo_probe,
	  .expand = expand },
	{ .name = "toy.fail", .kind = STEP_RUN, .probe = todo_probe,
	  .act = fail_act },
	{ .name = "toy.lie", .kind = STEP_RUN, .probe = todo_probe,
	  .act = lie_act },
	{ .name = "toy.stop", .kind = STEP_RUN, .probe = stop_probe,
	  .act = stop_act },
	{ .name = "toy.stopme", .kind = STEP_WRITE, .probe = write_probe,
	  .act = stopme_act, .undo = write_undo },
	{ .name = "toy.busy", .kind = STEP_WAIT, .probe = busy_probe },
	{ .name = "toy.blob", .kind = STEP_WRITE, .probe = write_probe,
	  .act = blob_act, .undo = write_undo },
	{ .name = "toy.expandblob", .kind = STEP_EXPAND, .probe = todo_probe,
	  .expand = expand_blob }
};

static bool
add_write(struct ctx *ctx, struct plan *plan, const char *action,
    const char *name, const char *value, struct err *e)
{
	AUTO_FREE char *now = read_value(ctx, name);

	return plan_step_add(plan, &(struct step_spec){ .action = action,
	    .args = json_pack("{s:s, s:s, s:s, s:[s], s:i, s:i}", "name",
	    name, "before", now, "after", value, "kinds", "write",
	    "timeout_s", 1, "poll_ms", 5), .risk = RISK_LOW }, e,
	    "%s becomes %s", name, value) && plan_lock_add(plan, name, e);
}

static bool
add_word(struct ctx *ctx, struct plan *plan, char *word, struct err *e)
{
	AUTO_FREE char	*action = strdup("toy.write");
	char		*colon = strchr(word, ':'), *equal;

	if (colon != NULL) {
		*colon = '\0';
		free(action);
		action = str_format("toy.%s", word);
		word = colon + 1;
	}
	equal = strchr(word, '=');
	if (equal != NULL)
		*equal++ = '\0';
	return add_write(ctx, plan, action, word, equal != NULL ? equal : "",
	    e);
}

static bool
set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_FREE char	*words = strdup(json_text(params, "set"));
	char		*save, *word;

	for (word = strtok_r(words, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save))
		if (!add_word(ctx, plan, word, e))
			return false;
	return true;
}

static const struct verb_param set_params[] = {
	{ .name = "set", .type = PARAM_TEXT, .required = true,
	  .positional = true, .help = "Words" },
	{ .name = "secret_file", .type = PARAM_SECRET, .help = "A secret" }
};

static const struct verb verbs[] = {
	{ .name = "toy.set", .help = "Set", .role = ROLE_OPERATOR,
	  .risk = RISK_LOW, .params = set_params, .param_count = 2,
	  .plan = set_plan },
	{ .name = "toy.elsewhere", .help = "Set", .role = ROLE_OPERATOR,
	  .risk = RISK_LOW, .writes_elsewhere = true, .params = set_params,
	  .param_count = 2, .plan = set_plan }
};

const struct service toy_service = {
	"toy", verbs, LENGTH(verbs), actions, LENGTH(actions)
};

static bool
apply(struct toy *t, const char *name, const json_t *params,
    struct job_result *r, struct err *e)
{
	const struct verb	*v = registry_verb(t->ctx.registry, name);
	AUTO_PLAN struct plan	*plan = NULL, *now = NULL;
	struct job_options	 options = { 0 };
	json_t			*none = NULL;

	memset(r, 0, sizeof(*r));
	if (!verb_call(&t->ctx, v, params, &none, &plan, e))
		return false;
	return job_apply(&t->ctx, v, params, plan_hash(plan), &options, &now,
	    r, e);
}

bool
toy_apply(struct toy *t, const char *name, json_t *params,
    struct job_result *r, struct err *e)
{
	AUTO_JSON json_t *held = params;

	return apply(t, name, held, r, e);
}

bool
toy_undo(struct toy *t, const char *job, struct job_result *r,
    struct err *e)
{
	return toy_apply(t, "job.undo", json_pack("{s:s}", "id", job), r, e);
}

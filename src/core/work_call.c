/*
 * One call, from what was asked to the data of its answer.  It runs on a
 * thread of the pool, in a ctx of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/answer.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "stconsole/work_maker.h"

#include "core.h"
#include "text.def"
#include "work_pool.h"

/* ---- what is asked */

/* A secret's place in params says only that there is one. */
static bool
secret_copy(struct pool_call *c, size_t i, const struct ctx_secret *from,
    struct err *e)
{
	c->secrets[i].value = secret_dup(from->value, e);
	if (c->secrets[i].value == NULL)
		return false;
	c->secrets[i].name = strdup(from->name);
	return c->secrets[i].name != NULL && json_object_set_new(c->params,
	    from->name, verb_secret_ref(from->name)) == 0 ? true :
	    err_nomem(e);
}

static bool
inputs_copy(struct pool_call *c, const struct ctx_input *from, struct err *e)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++) {
		if (from[i].name == NULL || from[i].path == NULL)
			continue;
		c->inputs[i].name = strdup(from[i].name);
		c->inputs[i].path = strdup(from[i].path);
		if (c->inputs[i].name == NULL || c->inputs[i].path == NULL)
			return err_nomem(e);
	}
	return true;
}

static bool
asked_copy(struct pool_call *c, const struct work *w,
    const struct work_call *asked, struct err *e)
{
	const char	*site = asked->as != NULL ? asked->as->site : w->site;
	size_t		 i;

	c->who = asked->as != NULL ? asked->as->who : w->who;
	c->read_only = c->pool->world.read_only ||
	    (asked->as != NULL && asked->as->read_only);
	c->confirm_within_s = asked->confirm_within_s;
	if (asked->hash != NULL)
		snprintf(c->hash, sizeof(c->hash), "%s", asked->hash);
	c->params = asked->params != NULL ? json_deep_copy(asked->params) :
	    json_object();
	c->site = site != NULL ? strdup(site) : NULL;
	if (c->params == NULL || (site != NULL && c->site == NULL))
		return err_nomem(e);
	for (i = 0; i < CTX_SECRETS; i++)
		if (asked->secrets[i].value != NULL &&
		    !secret_copy(c, i, &asked->secrets[i], e))
			return false;
	if (!inputs_copy(c, asked->inputs, e))
		return false;
	if (c->verb == NULL || !c->verb->follows)
		return true;
	c->lines = calloc(1, sizeof(*c->lines));
	return c->lines != NULL ? true : err_nomem(e);
}

struct pool_call *
pool_call_new(struct pool *p, const struct work *w,
    const struct work_call *asked, struct err *e)
{
	const struct verb	*v = asked->kind == WORK_WAIT ? NULL :
				    registry_verb(p->world.registry,
				    asked->verb);
	struct pool_call	*c;
	size_t			 i;

	if (v == NULL && asked->kind != WORK_WAIT) {
		err_set(e, ERR_USAGE, 0, T_WORK_VERB, asked->verb);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->pool = p;
	c->kind = asked->kind;
	c->verb = v;
	c->is_job = work_call_is_job(asked, v);
	c->cancel.fd = -1;
	for (i = 0; i < LENGTH(c->items); i++) {
		c->items[i].call = c;
		c->items[i].kind = (enum work_event_kind)i;
	}
	if (cancel_init(&c->cancel, e) && asked_copy(c, w, asked, e))
		return c;
	pool_call_free(c);
	return NULL;
}

void
pool_call_free(struct pool_call *c)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++) {
		secret_free(c->secrets[i].value);
		free((char *)(uintptr_t)c->secrets[i].name);
		free((char *)(uintptr_t)c->inputs[i].name);
		free((char *)(uintptr_t)c->inputs[i].path);
	}
	cancel_fini(&c->cancel);
	json_decref(c->params);
	json_decref(c->partial);
	json_decref(c->answer);
	pool_lines_free(c->lines);
	pool_progress_free(c);
	free(c->site);
	free(c);
}

/* ---- carrying it out */

static void
ctx_make(struct pool_call *c, struct ctx *ctx)
{
	world_ctx(&c->pool->world, &c->cancel, ctx);
	ctx->who = &c->who;
	ctx->read_only = c->read_only;
	ctx->site_wanted = c->site;
	memcpy(ctx->secrets, c->secrets, sizeof(ctx->secrets));
	memcpy(ctx->inputs, c->inputs, sizeof(ctx->inputs));
	c->listener = (struct progress){
		.report = pool_progress_report,
		.partial = pool_partial_report, .arg = c
	};
	ctx->progress = &c->listener;
	if (c->lines == NULL)
		return;
	ctx->on_line = pool_line_report;
	ctx->on_line_arg = c;
}

static void
answer_make(struct pool_call *c, struct ctx *ctx, const json_t *params,
    struct answer *a)
{
	AUTO_PLAN struct plan	*plan = NULL;
	struct err		 e = { 0 };

	if (c->kind == WORK_WAIT) {
		answer_wait(ctx, json_text(params, "id"), a);
	} else if (c->kind == WORK_APPLY && c->verb->plan == NULL) {
		err_set(&e, ERR_USAGE, 0, T_WORK_PLAN, c->verb->name);
		answer_error(&e, NULL, NULL, a);
	} else if (c->kind == WORK_APPLY) {
		answer_apply_hash(ctx, c->verb, params, c->hash,
		    c->confirm_within_s, a);
	} else {
		answer_call(ctx, c->verb, params, &plan, a);
	}
}

/* Beside the document: what only this side knows of the call. */
static void
answer_dress(struct pool_call *c, const struct ctx *ctx,
    const json_t *params, const struct answer *a)
{
	const struct world_hooks	*h = c->pool->world.hooks;
	AUTO_BUF struct buf		 command = BUF_INIT;
	int64_t				 at = a->ended_ms;
	const char			*banner = NULL;

	if (at == 0)
		at = clock_wall_ms(ctx->clock);
	if (c->verb != NULL)
		answer_command(ctx, c->pool->state_wanted, c->verb, params,
		    NULL, &command);
	json_object_set_new(a->doc, "status", json_integer(a->status));
	json_object_set_new(a->doc, "command", json_lossy(buf_str(&command),
	    command.len));
	json_object_set_new(a->doc, "at", json_integer(at));
	if (h == NULL || ctx->site == NULL)
		return;
	if (h->site_told != NULL)
		json_object_set_new(a->doc, "site", h->site_told(ctx));
	if (h->banner != NULL)
		banner = h->banner(ctx);
	if (banner != NULL)
		json_object_set_new(a->doc, "banner", json_lossy(banner,
		    strlen(banner)));
}

/* Between two calls the demo would end, and the next be another one. */
static void
site_keep(struct pool *p, const struct ctx *ctx)
{
	const struct world_hooks	*h = p->world.hooks;
	struct site			*site;

	if (h == NULL || h->site_keep == NULL)
		return;
	site = h->site_keep(ctx);
	pthread_mutex_lock(&p->lock);
	if (p->kept == NULL) {
		p->kept = site;
		site = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	if (site != NULL)
		h->site_free(site);
}

json_t *
pool_call_run(struct pool_call *c, const char *warning)
{
	AUTO_JSON json_t	*params = NULL;
	struct answer		 a = { 0 };
	struct err		 e = { 0 };
	struct ctx		 ctx;

	ctx_make(c, &ctx);
	params = c->verb != NULL ? verb_params(c->verb, c->params, &e) :
	    json_incref(c->params);
	if (params != NULL)
		answer_make(c, &ctx, params, &a);
	else
		answer_error(&e, NULL, NULL, &a);
	answer_dress(c, &ctx, params != NULL ? params : c->params, &a);
	if (warning != NULL)
		json_object_set_new(a.doc, "warning", json_lossy(warning,
		    strlen(warning)));
	site_keep(c->pool, &ctx);
	ctx_close(&ctx);
	return a.doc;
}

json_t *
pool_call_dropped(struct pool_call *c)
{
	struct err e = { 0 };

	(void)cancel_check(&c->cancel, &e);
	return work_error_json(&e);
}

char *
pool_recover(struct pool *p)
{
	struct cancel	 cancel = { .fd = -1 };
	struct err	 e = { 0 };
	struct ctx	 ctx;
	bool		 ok;

	if (p->world.read_only)
		return NULL;
	world_ctx(&p->world, &cancel, &ctx);
	ok = job_recover(&ctx, &e);
	ctx_close(&ctx);
	return ok ? NULL : strdup(e.msg);
}

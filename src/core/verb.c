/*
 * The one door through which everything is read or changed.  Roles and
 * read-only mode are enforced here and nowhere else.
 */
#include "stconsole/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/audit.h"
#include "stconsole/buf.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

const struct secret *
ctx_secret(const struct ctx *ctx, const char *name)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++)
		if (ctx->secrets[i].name != NULL &&
		    strcmp(ctx->secrets[i].name, name) == 0)
			return ctx->secrets[i].value;
	return NULL;
}

void
ctx_close(struct ctx *ctx)
{
	if (ctx->services_end != NULL)
		ctx->services_end(ctx);
	if (ctx->site_free != NULL && ctx->site != NULL)
		ctx->site_free(ctx->site);
	ctx->site = NULL;
}

bool
ctx_site_adopt(struct ctx *ctx, const char *job, const char *site_id,
    const char *site_wanted, struct err *e)
{
	if (ctx->site_id[0] != '\0' && strcmp(ctx->site_id, site_id) != 0)
		return err_set(e, ERR_JOB, 0, T_JOB_SITE, job, site_wanted);
	snprintf(ctx->site_id, sizeof(ctx->site_id), "%s", site_id);
	if (ctx->site_wanted != NULL || *site_wanted == '\0')
		return true;
	snprintf(ctx->site_adopted, sizeof(ctx->site_adopted), "%s",
	    site_wanted);
	ctx->site_wanted = ctx->site_adopted;
	return true;
}

static bool
is_demo(const struct ctx *ctx)
{
	return ctx->site_wanted != NULL &&
	    strcmp(ctx->site_wanted, "demo") == 0;
}

/* Somebody else that this process acts for does not own its demo. */
static bool
owns_demo(const struct ctx *ctx)
{
	return ctx->who->uid == getuid();
}

enum role
ctx_role(const struct ctx *ctx)
{
	return is_demo(ctx) && owns_demo(ctx) ? ROLE_ADMIN :
	    ctx->who->role;
}

static bool
role_refused(const struct ctx *ctx, const struct verb *v, struct err *e)
{
	err_set(e, ERR_REFUSED, 0, T_VERB_ROLE, v->name, role_name(v->role),
	    ctx->who->user, role_name(ctx->who->role));
	return err_hint(e, T_VERB_ROLE_HINT);
}

/*
 * "--site demo" makes an admin of nobody where no site is looked at or what
 * is written lies elsewhere; what steers jobs asks job_may_steer() about the
 * job.
 */
static enum role
role_for(const struct ctx *ctx, const struct verb *v)
{
	if (str_starts(v->name, "job."))
		return ctx_role(ctx);
	return v->no_site || v->writes_elsewhere ? ctx->who->role :
	    ctx_role(ctx);
}

bool
job_may_steer(const struct ctx *ctx, const struct job_file *f,
    struct err *e)
{
	const struct verb	*v = registry_verb(ctx->registry, json_text(
	    json_object_get(f->meta, "plan"), "verb"));
	bool			 of_demo = strcmp(json_text(f->meta,
	    "site_wanted"), "demo") == 0 && owns_demo(ctx);
	enum role		 role = of_demo && (v == NULL ||
	    !v->writes_elsewhere) ? ROLE_ADMIN : ctx->who->role;

	if (v != NULL && role < v->role)
		return role_refused(ctx, v, e);
	if (role >= ROLE_OPERATOR)
		return true;
	err_set(e, ERR_REFUSED, 0, T_VERB_ROLE, f->id,
	    role_name(ROLE_OPERATOR), ctx->who->user, role_name(role));
	return err_hint(e, T_VERB_ROLE_HINT);
}

static bool
may_call(const struct ctx *ctx, const struct verb *v, struct err *e)
{
	if (role_for(ctx, v) < v->role)
		return role_refused(ctx, v, e);
	if (v->read != NULL)
		return true;
	if (store_is_read_only(ctx->store)) {
		err_set(e, ERR_REFUSED, 0, T_STORE_NEWER,
		    store_dir(ctx->store), store_format(ctx->store));
		return err_hint(e, T_STORE_NEWER_HINT);
	}
	if (ctx->read_only)
		return err_set(e, ERR_REFUSED, 0, T_VERB_READ_ONLY, v->name);
	return true;
}

static bool
make_plan(struct ctx *ctx, const struct verb *v, const json_t *params,
    struct plan **out, struct err *e)
{
	AUTO_PLAN struct plan *plan = plan_new(ctx, v->name, params, e);

	if (plan == NULL || !v->plan(ctx, params, plan, e))
		return false;
	if (!plan_is_empty(plan) && !plan_is_blocked(plan) && !v->no_site &&
	    !v->writes_elsewhere && ctx->prologue != NULL &&
	    !ctx->prologue(ctx, plan, e))
		return false;
	if (!plan_seal(ctx, plan, e))
		return false;
	*out = TAKE(plan);
	return true;
}

static bool
act_at_once(struct ctx *ctx, const struct verb *v, const json_t *params,
    json_t **result, struct err *e)
{
	struct err	why = { 0 };
	bool		ok = v->direct(ctx, params, result, &why);

	if (!audit_add(ctx, v, params, NULL, json_str(params, "id"),
	    ok ? "done" : "failed", ok ? NULL : &why, ok ? e : NULL))
		ok = false;
	if (!ok && why.domain != ERR_NONE)
		err_copy(e, &why);
	return ok;
}

bool
verb_call(struct ctx *ctx, const struct verb *v, const json_t *given,
    json_t **result, struct plan **plan, struct err *e)
{
	AUTO_JSON json_t *params = verb_params(v, given, e);

	*result = NULL;
	*plan = NULL;
	if (params == NULL)
		return false;
	if (!may_call(ctx, v, e)) {
		if (v->read == NULL && !store_is_read_only(ctx->store))
			audit_add(ctx, v, params, NULL, NULL, "refused", e,
			    NULL);
		return false;
	}
	if (v->plan != NULL)
		return make_plan(ctx, v, params, plan, e);
	if (v->direct != NULL)
		return act_at_once(ctx, v, params, result, e);
	return v->read(ctx, params, result, e);
}

/* One word of the shown command, quoted as a shell reads it. */
static void
add_word(struct buf *out, const char *word)
{
	const char *argv[] = { word, NULL };

	buf_putc(out, ' ');
	proc_argv_show(argv, out);
}

/* A file that was read is named; what came by stdin or is secret is not. */
static const char *
file_word(const struct ctx *ctx, const struct verb_param *p)
{
	size_t i;

	for (i = 0; p->type == PARAM_INPUT && i < CTX_SECRETS; i++)
		if (ctx->inputs[i].name != NULL &&
		    strcmp(ctx->inputs[i].name, p->name) == 0)
			return ctx->inputs[i].path;
	return "-";
}

/* A value that looks like an option is joined to its own. */
static void
add_option(struct buf *out, const char *option, const char *word)
{
	AUTO_FREE char *joined = NULL;

	if (!str_starts(word, "--")) {
		add_word(out, option);
		add_word(out, word);
		return;
	}
	joined = str_format("%s=%s", option, word);
	if (joined == NULL)
		out->failed = true;
	else
		add_word(out, joined);
}

static void
add_value(const struct ctx *ctx, struct buf *out,
    const struct verb_param *p, const json_t *value, bool by_name)
{
	AUTO_FREE char	*option = str_format("--%s%s", p->name,
	    p->type == PARAM_SECRET && !str_ends(p->name, "_file") ?
	    "_file" : "");
	const char	*word;
	char		 number[32], *c;

	for (c = option; c != NULL && *c != '\0'; c++)
		if (*c == '_')
			*c = '-';
	if (option == NULL) {
		out->failed = true;
		return;
	}
	if (p->type == PARAM_FLAG) {
		if (json_is_true(value))
			add_word(out, option);
		return;
	}
	if (p->type == PARAM_SECRET || p->type == PARAM_INPUT) {
		word = file_word(ctx, p);
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(value));
		word = number;
	} else {
		word = json_string_value(value);
	}
	if (by_name)
		add_option(out, option, word);
	else
		add_word(out, word);
}

/*
 * Behind one that is not given a positional value would be taken for that
 * one: it is named too.
 */
static bool
is_named(const struct verb *v, size_t n, const json_t *params)
{
	size_t i;

	if (!v->params[n].positional || v->params[n].type == PARAM_SECRET)
		return true;
	for (i = 0; i < n; i++)
		if (v->params[i].positional && json_object_get(params,
		    v->params[i].name) == NULL)
			return true;
	return false;
}

/* Positional values that could be taken for options come after "--". */
static void
add_params(const struct ctx *ctx, struct buf *out, const struct verb *v,
    const json_t *params, bool by_name)
{
	const json_t	*value, *item;
	size_t		 i, k;

	for (i = 0; i < v->param_count; i++) {
		value = json_object_get(params, v->params[i].name);
		if (value == NULL || is_named(v, i, params) != by_name)
			continue;
		if (!json_is_array(value)) {
			add_value(ctx, out, &v->params[i], value, by_name);
			continue;
		}
		json_array_foreach (value, k, item)
			add_value(ctx, out, &v->params[i], item, by_name);
	}
}

static bool
looks_like_option(const json_t *value)
{
	const char *s = json_string_value(value);

	return s != NULL && s[0] == '-' && s[1] != '\0';
}

static bool
needs_dashes(const struct verb *v, const json_t *params)
{
	const json_t	*value, *item;
	size_t		 i, k;

	for (i = 0; i < v->param_count; i++) {
		value = json_object_get(params, v->params[i].name);
		if (is_named(v, i, params))
			continue;
		if (looks_like_option(value))
			return true;
		json_array_foreach (value, k, item)
			if (looks_like_option(item))
				return true;
	}
	return false;
}

void
verb_command(const struct ctx *ctx, const struct verb *v,
    const json_t *params, struct buf *out)
{
	const char	*p = v->name;
	size_t		 n;

	buf_puts(out, "stconsole");
	if (ctx->site_wanted != NULL && (!v->no_site || is_demo(ctx))) {
		add_word(out, "--site");
		add_word(out, ctx->site_wanted);
	}
	for (;; p += n + 1) {
		n = strcspn(p, ".");
		buf_putc(out, ' ');
		buf_add(out, p, n);
		if (p[n] == '\0')
			break;
	}
	add_params(ctx, out, v, params, true);
	if (needs_dashes(v, params))
		buf_puts(out, " --");
	add_params(ctx, out, v, params, false);
}

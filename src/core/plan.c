/*
 * Plans are JSON inside, since they are shown, hashed and written as JSON.
 * Each step is an object with the shown members and, under "do", the action
 * and its args; the hash covers "do" and nothing that is only for eyes.
 */
#include "stconsole/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/action.h"
#include "stconsole/digest.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"
#include "stconsole/verb.h"

#include "blob_named.h"
#include "text.def"

#define PLAN_FORMAT	1

struct staged {
	struct staged	*next;
	char		 digest[DIGEST_HEX_SIZE];
	struct buf	 data;
};

struct plan {
	const struct registry	*registry;
	json_t			*body;	/* format verb params site steps
					 * locks notes blocked */
	struct staged		*staged;
	char			 hash[DIGEST_HEX_SIZE];
};

static const char *const risk_names[] = {
	[RISK_NONE] = "none", [RISK_LOW] = "low", [RISK_SERVICE] = "service",
	[RISK_ACCESS] = "access", [RISK_DATA] = "data"
};

static const char *const kind_names[] = {
	[STEP_WRITE] = "write", [STEP_RUN] = "run", [STEP_CALL] = "call",
	[STEP_WAIT] = "wait", [STEP_VERIFY] = "verify",
	[STEP_MANUAL] = "manual", [STEP_EXPAND] = "expand"
};

const char *
risk_name(enum risk risk)
{
	return risk_names[risk];
}

const char *
step_kind_name(enum step_kind kind)
{
	return kind_names[kind];
}

struct plan *
plan_new(const struct ctx *ctx, const char *verb, const json_t *params,
    struct err *e)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		p->registry = ctx->registry;
		p->body = json_pack("{s:i, s:s, s:O, s:s, s:[], s:[], s:[], "
		    "s:[]}", "format", PLAN_FORMAT, "verb", verb, "params",
		    params, "site", ctx->site_id, "steps", "locks", "notes",
		    "blocked");
	}
	if (p == NULL || p->body == NULL) {
		err_nomem(e);
		plan_free(p);
		return NULL;
	}
	return p;
}

void
plan_free(struct plan *p)
{
	struct staged *s;

	if (p == NULL)
		return;
	while ((s = p->staged) != NULL) {
		p->staged = s->next;
		buf_wipe(&s->data);
		free(s);
	}
	json_decref(p->body);
	free(p);
}

void
plan_free_at(struct plan **p)
{
	plan_free(*p);
}

static json_t *
plan_list(const struct plan *p, const char *name)
{
	return json_object_get(p->body, name);
}

/* Builds the step object; NULL when memory is gone. */
static json_t *
step_make(const struct action *a, const struct step_spec *spec,
    const char *title)
{
	json_t *step = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:O}}",
	    "kind", step_kind_name(a->kind), "title", title, "risk",
	    risk_name(spec->risk), "undo", spec->undo != NULL ? spec->undo :
	    "-", "do", "action", spec->action, "args", spec->args);

	if (step == NULL)
		return NULL;
	if (spec->diff != NULL && *spec->diff != '\0' &&
	    json_object_set_new(step, "diff", json_lossy(spec->diff,
	    strlen(spec->diff))) < 0)
		goto fail;
	if (spec->loses != NULL && json_object_set_new(step, "loses",
	    json_string(spec->loses)) < 0)
		goto fail;
	if (spec->argv != NULL &&
	    json_object_set(step, "argv", spec->argv) < 0)
		goto fail;
	return step;
fail:
	json_decref(step);
	return NULL;
}

static bool
step_insert(struct plan *p, const struct step_spec *spec, bool first,
    struct err *e, const char *fmt, va_list ap)
{
	AUTO_JSON json_t	*args = spec->args;
	AUTO_JSON json_t	*argv = spec->argv;
	AUTO_BUF struct buf	 title = BUF_INIT;
	const struct action	*a = registry_action(p->registry,
	    spec->action);
	json_t			*step;
	size_t			 at;

	buf_vprintf(&title, fmt, ap);
	if (a == NULL)
		return err_set(e, ERR_JOB, 0, T_PLAN_ACTION, spec->action);
	if (args == NULL || !buf_ok(&title, e))
		return err_nomem(e);
	if (title.data != NULL)
		str_strip_control(title.data);
	step = step_make(a, spec, buf_str(&title));
	at = first ? 0 : json_array_size(plan_list(p, "steps"));
	if (step == NULL ||
	    json_array_insert_new(plan_list(p, "steps"), at, step) < 0)
		return err_nomem(e);
	return true;
}

bool
plan_step_add(struct plan *p, const struct step_spec *spec, struct err *e,
    const char *title, ...)
{
	va_list	ap;
	bool	ok;

	va_start(ap, title);
	ok = step_insert(p, spec, false, e, title, ap);
	va_end(ap);
	return ok;
}

bool
plan_step_first(struct plan *p, const struct step_spec *spec, struct err *e,
    const char *title, ...)
{
	va_list	ap;
	bool	ok;

	va_start(ap, title);
	ok = step_insert(p, spec, true, e, title, ap);
	va_end(ap);
	return ok;
}

bool
plan_lock_add(struct plan *p, const char *resource, struct err *e)
{
	const json_t	*have;
	size_t		 i;

	json_array_foreach (plan_list(p, "locks"), i, have)
		if (str_equal(json_string_value(have), resource))
			return true;
	return json_array_append_new(plan_list(p, "locks"),
	    json_string(resource)) == 0 ? true : err_nomem(e);
}

static bool
add_sentence(struct plan *p, const char *list, const char *hint,
    struct err *e, const char *fmt, va_list ap)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	json_t			*item;

	buf_vprintf(&b, fmt, ap);
	if (!buf_ok(&b, e))
		return false;
	if (b.data == NULL)
		buf_puts(&b, "-");
	str_strip_control(b.data);
	item = strcmp(list, "notes") == 0 ? json_lossy(b.data, b.len) :
	    json_pack("{s:o, s:s}", "message", json_lossy(b.data, b.len),
	    "hint", hint != NULL ? hint : "");
	return json_array_append_new(plan_list(p, list), item) == 0 ? true :
	    err_nomem(e);
}

bool
plan_note_add(struct plan *p, struct err *e, const char *fmt, ...)
{
	va_list	ap;
	bool	ok;

	va_start(ap, fmt);
	ok = add_sentence(p, "notes", NULL, e, fmt, ap);
	va_end(ap);
	return ok;
}

bool
plan_block(struct plan *p, const char *hint, struct err *e, const char *fmt,
    ...)
{
	va_list	ap;
	bool	ok;

	va_start(ap, fmt);
	ok = add_sentence(p, "blocked", hint, e, fmt, ap);
	va_end(ap);
	return ok;
}

static bool
stage(struct plan *p, const char *digest, const void *data, size_t len,
    struct err *e)
{
	struct staged *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(e);
	snprintf(s->digest, sizeof(s->digest), "%s", digest);
	buf_add(&s->data, data, len);
	s->next = p->staged;
	p->staged = s;
	return buf_ok(&s->data, e);
}

bool
plan_blob_add(struct plan *p, const void *data, size_t len, char digest[65],
    struct err *e)
{
	digest_sha256(data, len, digest);
	return stage(p, digest, data, len, e);
}

bool
plan_secret_add(const struct ctx *ctx, struct plan *p,
    const struct secret *value, char digest[65], struct err *e)
{
	return store_hmac(ctx->store, secret_reveal(value),
	    secret_len(value), digest, e) &&
	    stage(p, digest, secret_reveal(value), secret_len(value), e);
}

bool
plan_blobs_store(const struct ctx *ctx, const struct plan *p, struct err *e)
{
	const struct staged *s;

	for (s = p->staged; s != NULL; s = s->next)
		if (!blob_put_named(ctx, s->digest, buf_str(&s->data),
		    s->data.len, e))
			return false;
	return true;
}

bool
plan_is_empty(const struct plan *p)
{
	return json_array_size(plan_list(p, "steps")) == 0;
}

bool
plan_is_blocked(const struct plan *p)
{
	return json_array_size(plan_list(p, "blocked")) > 0;
}

bool
plan_blocked_err(const struct plan *p, struct err *e)
{
	const json_t *first = json_array_get(plan_list(p, "blocked"), 0);

	err_set(e, ERR_REFUSED, 0, "%s", first != NULL ?
	    json_text(first, "message") : T_PLAN_BLOCKED);
	return err_hint(e, "%s", json_text(first, "hint"));
}

const char *
plan_verb(const struct plan *p)
{
	return json_text(p->body, "verb");
}

const json_t *
plan_params(const struct plan *p)
{
	return json_object_get(p->body, "params");
}

const json_t *
plan_steps(const struct plan *p)
{
	return plan_list(p, "steps");
}

const json_t *
plan_locks(const struct plan *p)
{
	return plan_list(p, "locks");
}

const char *
plan_hash(const struct plan *p)
{
	return p->hash;
}

/* The parameters as they are hashed: a secret enters as its HMAC. */
static json_t *
hashed_params(const struct ctx *ctx, const struct plan *p, struct err *e)
{
	AUTO_JSON json_t	*out = json_deep_copy(plan_params(p));
	const struct secret	*secret;
	char			 hex[DIGEST_HEX_SIZE];
	const char		*name;
	json_t			*value;
	void			*tmp;

	if (out == NULL) {
		err_nomem(e);
		return NULL;
	}
	json_object_foreach_safe (out, tmp, name, value) {
		if (json_str(value, "$secret") == NULL)
			continue;
		secret = ctx_secret(ctx, json_str(value, "$secret"));
		if (secret == NULL)
			continue;
		if (!store_hmac(ctx->store, secret_reveal(secret),
		    secret_len(secret), hex, e))
			return NULL;
		if (json_object_set_new(out, name, json_pack("{s:s}",
		    "$hmac", hex)) < 0) {
			err_nomem(e);
			return NULL;
		}
	}
	return TAKE(out);
}

static json_t *
hashed_steps(const struct plan *p)
{
	AUTO_JSON json_t	*out = json_array();
	const json_t		*step;
	size_t			 i;

	json_array_foreach (plan_steps(p), i, step)
		if (json_array_append_new(out, json_pack("[s, O]",
		    json_text(step, "kind"), json_object_get(step, "do"))) < 0)
			return NULL;
	return TAKE(out);
}

static bool
number_steps(struct plan *p, struct err *e)
{
	json_t	*step;
	size_t	 i;
	char	 id[24];

	json_array_foreach (plan_list(p, "steps"), i, step) {
		snprintf(id, sizeof(id), "%zu", i + 1);
		if (json_object_set_new(step, "id", json_string(id)) < 0)
			return err_nomem(e);
	}
	return true;
}

bool
plan_seal(const struct ctx *ctx, struct plan *p, struct err *e)
{
	AUTO_JSON json_t	*params = hashed_params(ctx, p, e);
	AUTO_JSON json_t	*whole = NULL;
	AUTO_FREE char		*text = NULL;

	if (params == NULL || !number_steps(p, e))
		return false;
	if (json_object_set_new(p->body, "site",
	    json_string(ctx->site_id)) < 0)
		return err_nomem(e);
	whole = json_pack("[i, s, O, s, o, O, O]", PLAN_FORMAT, plan_verb(p),
	    params, ctx->site_id, hashed_steps(p), plan_locks(p),
	    plan_list(p, "blocked"));
	text = whole != NULL ? json_canonical(whole) : NULL;
	if (text == NULL)
		return err_nomem(e);
	digest_sha256(text, strlen(text), p->hash);
	return true;
}

/* A step as the contract shows it: without what it does inside. */
static json_t *
step_shown(const json_t *step)
{
	json_t *out = json_copy((json_t *)(uintptr_t)step);

	json_object_del(out, "do");
	return out;
}

json_t *
plan_json(const struct plan *p)
{
	AUTO_JSON json_t	*steps = json_array();
	const json_t		*step;
	size_t			 i;

	json_array_foreach (plan_steps(p), i, step)
		if (json_array_append_new(steps, step_shown(step)) < 0)
			return NULL;
	return json_pack("{s:s, s:b, s:s, s:O, s:O, s:O}", "hash", p->hash,
	    "empty", plan_is_empty(p), "verb", plan_verb(p), "steps", steps,
	    "notes", plan_list(p, "notes"), "blocked",
	    plan_list(p, "blocked"));
}

json_t *
plan_save(const struct plan *p)
{
	json_t *out = json_deep_copy(p->body);

	if (out != NULL)
		json_object_set_new(out, "hash", json_string(p->hash));
	return out;
}

struct plan *
plan_load(const json_t *saved, struct err *e)
{
	struct plan	*p = calloc(1, sizeof(*p));
	const char	*hash = json_str(saved, "hash");

	if (p == NULL || (p->body = json_deep_copy(saved)) == NULL) {
		err_nomem(e);
		plan_free(p);
		return NULL;
	}
	if (json_int(saved, "format", 0) != PLAN_FORMAT || hash == NULL ||
	    !json_is_array(plan_steps(p))) {
		err_set(e, ERR_JOB, 0, T_PLAN_BAD, "?");
		plan_free(p);
		return NULL;
	}
	snprintf(p->hash, sizeof(p->hash), "%s", hash);
	json_object_del(p->body, "hash");
	return p;
}

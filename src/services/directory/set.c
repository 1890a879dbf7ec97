/*
 * directory.settings and directory.set: where the directory is and as whom
 * it is asked.  New settings are tried before anything is written, and again
 * by what the file says afterwards.
 */
#include "stconsole/action.h"

#include "directory_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

#define VERIFY_S	30
#define VERIFY_POLL_MS	1000

/* The server that is meant, counted from 1 in the order they are asked. */
static bool
server_need(struct ctx *ctx, const json_t *params,
    const struct site_ldap **server, size_t *count, struct err *e)
{
	struct site	*site;
	int64_t		 n = json_int(params, "server", 1);

	if (!site_need(ctx, &site, e) ||
	    !site_ldap_servers(site, server, count, e))
		return false;
	if (n < 1 || (size_t)n > *count)
		return err_set(e, ERR_USAGE, 0, T_SET_SERVER, (int)n,
		    *count);
	*server += n - 1;
	return true;
}

bool
directory_settings_read(struct ctx *ctx, const json_t *params,
    json_t **result, struct err *e)
{
	const struct site_ldap	*s;
	size_t			 count;

	if (!server_need(ctx, params, &s, &count, e))
		return false;
	*result = json_pack("{s:I, s:I, s:o, s:i, s:s, s:o, s:b, s:o, s:s, "
	    "s:i}", "server", (json_int_t)json_int(params, "server", 1),
	    "servers", (json_int_t)count, "host", json_lossy(s->host,
	    strlen(s->host)), "port", s->port, "ldaps", s->use_ldaps ?
	    "yes" : "no", "bind_dn", json_lossy(s->bind_dn,
	    strlen(s->bind_dn)), "has_password", s->bind_password != NULL,
	    "base", json_lossy(s->base, strlen(s->base)), "file",
	    s->origin.file != NULL ? s->origin.file : "", "line",
	    (int)s->origin.line);
	return *result != NULL || err_nomem(e);
}

/* --- trying ------------------------------------------------------------- */

/* The hop that fails; NULL when none does. */
static const json_t *
hop_failed(const json_t *test)
{
	const json_t	*hop;
	size_t		 i;

	json_array_foreach (json_object_get(test, "hops"), i, hop)
		if (strcmp(json_text(hop, "mark"), "fail") == 0)
			return hop;
	return NULL;
}

/* With borrowed new values in a copy of the old settings. */
static bool
try_new(struct ctx *ctx, const struct site_ldap *old,
    const struct site_ldap_new *n, struct plan *plan, struct err *e)
{
	struct site_ldap		 conf = *old;
	struct directory_options	 opts;
	AUTO_JSON json_t		*test = NULL;
	const json_t			*hop;

#define BORROW(s)	((char *)(uintptr_t)(s))
	if (n->host != NULL)
		conf.host = BORROW(n->host);
	if (n->bind_dn != NULL)
		conf.bind_dn = BORROW(n->bind_dn);
	if (n->base != NULL)
		conf.base = BORROW(n->base);
	if (n->bind_password != NULL)
		conf.bind_password = (struct secret *)(uintptr_t)
		    n->bind_password;
#undef BORROW
	conf.use_ldaps = n->use_ldaps;
	if (n->port > 0)
		conf.port = n->port;
	else if (n->use_ldaps != old->use_ldaps)
		conf.port = old->other_port;
	if (!directory_options_read(ctx, &opts, e) ||
	    !directory_test(ctx, &conf, 1, &opts, NULL, &test, e))
		return false;
	hop = hop_failed(test);
	if (hop == NULL)
		return plan_note_add(plan, e, T_SET_TRIED, conf.host,
		    conf.port);
	return plan_block(plan, T_SET_BLOCK_HINT, e, T_SET_BLOCK,
	    json_text(hop, "text"), json_text(hop, "hint"));
}

/* --- the step that asks by what the file says then --------------------- */

/* A site of its own: the call's was read before the file was written. */
static bool
answers_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	struct ctx			 other = *ctx;
	struct directory		*d = NULL;
	struct directory_options	 opts;
	const struct site_ldap		*s;
	struct err			 why = { 0 };
	size_t				 count;
	bool				 ok;

	(void)memo;
	other.site = NULL;
	ok = directory_options_read(&other, &opts, e) &&
	    server_need(&other, args, &s, &count, e);
	if (ok) {
		*found = directory_open_servers(&other, s, 1, &opts, &d,
		    &why) ? PROBE_DONE : PROBE_TODO;
		if (*found == PROBE_TODO)
			json_object_set_new(seen, "why", json_lossy(why.msg,
			    strlen(why.msg)));
		if (why.domain == ERR_CANCELLED)
			ok = err_copy(e, &why);
	}
	directory_close(d);
	site_free(other.site);
	return ok;
}

const struct action directory_answers = {
	.name = "directory.answers", .kind = STEP_VERIFY,
	.probe = answers_probe
};

static bool
verify_add(struct plan *plan, const json_t *params, const char *host,
    struct err *e)
{
	const struct step_spec spec = { .action = "directory.answers",
	    .args = json_pack("{s:I, s:i, s:i}", "server",
	    (json_int_t)json_int(params, "server", 1), "timeout_s", VERIFY_S,
	    "poll_ms", VERIFY_POLL_MS) };

	return plan_step_add(plan, &spec, e, T_SET_VERIFY, host);
}

/* --- directory.set ------------------------------------------------------- */

static bool
is_any(const struct site_ldap_new *n, bool has_ldaps)
{
	return n->host != NULL || n->bind_dn != NULL || n->base != NULL ||
	    n->port > 0 || n->bind_password != NULL || has_ldaps;
}

bool
directory_set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char		*ldaps = json_str(params, "ldaps");
	struct site_ldap_new	 n = {
		.host = json_str(params, "host"),
		.bind_dn = json_str(params, "bind_dn"),
		.base = json_str(params, "base"),
		.port = (int)json_int(params, "port", 0),
		.bind_password = ctx_secret(ctx, "bind_password")
	};
	const struct site_ldap	*s;
	size_t			 count;

	if (!is_any(&n, ldaps != NULL))
		return err_set(e, ERR_USAGE, 0, T_SET_NOTHING);
	if (!server_need(ctx, params, &s, &count, e))
		return false;
	n.use_ldaps = ldaps != NULL ? strcmp(ldaps, "yes") == 0 :
	    s->use_ldaps;
	if (!site_plan_ldap(ctx, plan, s, &n, e))
		return false;
	if (plan_is_empty(plan))
		return true;
	if (json_flag(params, "untried"))
		return plan_note_add(plan, e, T_SET_UNTRIED);
	return try_new(ctx, s, &n, plan, e) && verify_add(plan, params,
	    n.host != NULL ? n.host : s->host, e);
}

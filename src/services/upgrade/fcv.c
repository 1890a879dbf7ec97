/*
 * The raise of the featureCompatibilityVersion: the point of no return of a
 * hop.  Every member must run the new version and be up (to 5.0 the command
 * waits for all of them), and a call that was cut short is repeated: the same
 * value again is what ends a half-done raise (mongodb-real.md D).
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "steps.h"
#include "text_steps.def"

#define TRIES		3
#define WTIMEOUT_MS	30000
/* A failing call was seen to take three times that. */
#define ANSWER_MS	(4 * WTIMEOUT_MS + 30000)

struct fcv_now {
	char	 version[MONGO_MAJOR_SIZE];
	char	 target[MONGO_MAJOR_SIZE];
};

static bool
fcv_read(const json_t *set, struct fcv_now *now, struct err *e)
{
	const char	*primary = reach_primary(set);
	const json_t	*m;

	if (primary == NULL) {
		err_set(e, ERR_MONGO, MONGO_NO_PRIMARY, T_REACH_NO_PRIMARY);
		if (e != NULL)
			e->retryable = true;
		return false;
	}
	m = mongo_set_member(set, primary);
	if (json_str(m, "fcv") == NULL)
		return err_set(e, ERR_MONGO, 0, T_FCV_UNKNOWN, primary,
		    json_text(json_object_get(m, "unknown"), "fcv"));
	snprintf(now->version, sizeof(now->version), "%s", json_text(m,
	    "fcv"));
	snprintf(now->target, sizeof(now->target), "%s", json_text(m,
	    "fcv_target"));
	return true;
}

bool
step_fcv_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char		*to = json_text(args, "to");
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	struct fcv_now		 now;

	(void)memo;
	if (!reach_init(&r, ctx, args, e) ||
	    !reach_await_others(&r, NULL, &set, e) ||
	    !fcv_read(set, &now, e))
		return false;
	*found = PROBE_CHANGED;
	if (strcmp(now.version, to) == 0 && now.target[0] == '\0')
		*found = PROBE_DONE;
	else if (strcmp(now.target, to) == 0 || (now.target[0] == '\0' &&
	    strcmp(now.version, json_text(args, "from")) == 0))
		*found = PROBE_TODO;
	return json_object_set_new(seen, "fcv", json_string(now.version)) == 0
	    || err_nomem(e);
}

/* Never raised over an old binary, whatever came before. */
static bool
binaries_check(const json_t *set, const char *to, struct err *e)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (json_object_get(set, "members"), i, m)
		if (strcmp(json_text(m, "major"), to) != 0)
			return err_set(e, ERR_REFUSED, 0, T_FCV_BINARY,
			    json_text(m, "name"), json_text(m, "version"),
			    to);
	return true;
}

static bool
raise_once(const struct reach *r, const char *to, struct err *e)
{
	const struct mongo_major *major = mongo_major_find(to);
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*set = NULL, *reply = NULL;
	const char		*primary;
	char			 command[192];

	/* confirm is refused before 7.0 and wanted since. */
	snprintf(command, sizeof(command),
	    "{\"setFeatureCompatibilityVersion\":\"%s\"%s,\"writeConcern\":"
	    "{\"w\":\"majority\",\"wtimeout\":%d}}", to, major != NULL &&
	    major->confirms ? ",\"confirm\":true" : "", WTIMEOUT_MS);
	if (!reach_await_others(r, NULL, &set, e) ||
	    !binaries_check(set, to, e))
		return false;
	primary = reach_primary(set);
	if (primary == NULL) {
		err_set(e, ERR_MONGO, MONGO_NO_PRIMARY, T_REACH_NO_PRIMARY);
		e->retryable = true;
		return false;
	}
	return reach_at(r, primary, ANSWER_MS, &m, e) && mongo_command(m,
	    "admin", command, "clusterManager", &reply, e);
}

bool
step_fcv_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	struct err		 why = { 0 };

	(void)memo;
	if (!reach_init(&r, ctx, args, e))
		return false;
	for (int i = 0; i < TRIES; i++) {
		if (raise_once(&r, json_text(args, "to"), &why))
			return true;
		if (!why.retryable && why.code != MONGO_WRITE_CONCERN)
			break;
		if (!cancel_wait(ctx->cancel, 1000) &&
		    !cancel_check(ctx->cancel, e))
			return false;
	}
	return err_copy(e, &why);
}

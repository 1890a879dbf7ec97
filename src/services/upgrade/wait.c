/*
 * What an upgrade waits for and looks at: a member that is back, all members
 * at the new version, the time that the operator gives it before the raise.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "steps.h"
#include "text_steps.def"

bool
wait_goes_on(const struct err *why, json_t *seen, struct err *e)
{
	if (why->domain == ERR_CANCELLED || why->domain == ERR_NOMEM ||
	    why->code == MONGO_UNAUTHORIZED ||
	    why->code == MONGO_AUTH_FAILED)
		return err_copy(e, why);
	return json_object_set_new(seen, "why", json_string(why->msg)) == 0 ||
	    err_nomem(e);
}

/* Not so yet; the reason is told when the time is over. */
static bool
not_yet(json_t *seen, char *text, struct err *e)
{
	AUTO_FREE char *words = text;

	return words != NULL && json_object_set_new(seen, "why",
	    json_string(words)) == 0 ? true : err_nomem(e);
}

/* NULL when it is ready, else why it is not; malloc'd. */
static char *
member_lacks(const struct reach *r, const json_t *set, const char *name,
    const char *to)
{
	const json_t	*m = mongo_set_member(set, name);
	const char	*other = "";

	if (m == NULL || !reach_is_ready(m))
		return str_format(T_WAIT_STATE, name, m != NULL ?
		    json_text(m, "state") : "-");
	if (strcmp(json_text(m, "major"), to) != 0)
		return str_format(T_WAIT_VERSION, name, json_text(m,
		    "version"), to);
	if (reach_primary(set) == NULL)
		return strdup(T_REACH_NO_PRIMARY);
	if (!reach_others_ready(set, NULL, &other))
		return str_format(T_WAIT_OTHER, other);
	/* Lag is that of the data; a delayed member has it on purpose. */
	if (json_int(m, "lag_s", 0) > REACH_LAG_S + json_int(reach_member(r,
	    name), "delay_s", 0))
		return str_format(T_WAIT_LAG, name, (long long)json_int(m,
		    "lag_s", 0));
	return NULL;
}

/* It stays so for an election timeout before the next one is touched. */
static bool
is_settled(const struct reach *r, const json_t *set, const char *name,
    json_t *seen, bool *yes, struct err *e)
{
	AUTO_JSON json_t *uptimes = NULL;
	struct err	 why;
	int64_t		 up, want = json_int(r->topo, "settle_s", 10);

	*yes = !json_flag(r->topo, "is_set");
	if (*yes)
		return true;
	if (!reach_uptimes(r, set, &uptimes, &why))
		return wait_goes_on(&why, seen, e);
	up = json_int(uptimes, name, 0);
	*yes = up >= want;
	return *yes || not_yet(seen, str_format(T_WAIT_SETTLE, name,
	    (long long)up, (long long)want), e);
}

bool
step_back_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	const char		*name = json_text(args, "member");
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	AUTO_FREE char		*words = str_format(T_WAIT_NOTE, name);
	struct err		 why;
	char			*lacks;
	bool			 yes;

	(void)memo;
	*found = PROBE_TODO;
	if (!reach_init(&r, ctx, args, e))
		return false;
	if (words == NULL)
		return err_nomem(e);
	if ((set = reach_set(&r, &why)) == NULL)
		return wait_goes_on(&why, seen, e);
	lacks = member_lacks(&r, set, name, json_text(args, "to"));
	if (lacks != NULL)
		return not_yet(seen, lacks, e);
	if (!is_settled(&r, set, name, seen, &yes, e))
		return false;
	if (!yes)
		return true;
	if (json_flag(r.topo, "is_set") && !reach_note(&r,
	    reach_primary(set), words, &why))
		return wait_goes_on(&why, seen, e);
	*found = PROBE_DONE;
	return true;
}

/* ---- all members at once */

static bool
all_at(const struct reach *r, const json_t *set, const char *to,
    json_t *seen, bool *yes, struct err *e)
{
	const json_t	*m;
	char		*lacks;
	size_t		 i;

	*yes = false;
	json_array_foreach (json_object_get(r->topo, "members"), i, m) {
		lacks = member_lacks(r, set, json_text(m, "name"), to);
		if (lacks != NULL)
			return not_yet(seen, lacks, e);
	}
	*yes = true;
	return true;
}

/* Before the raise: the new version everywhere, the old FCV. */
bool
step_rolled_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	char			 fcv[MONGO_MAJOR_SIZE];
	struct err		 why;
	bool			 yes;

	(void)memo;
	*found = PROBE_TODO;
	if (!reach_init(&r, ctx, args, e))
		return false;
	if ((set = reach_set(&r, &why)) == NULL)
		return wait_goes_on(&why, seen, e);
	if (!all_at(&r, set, json_text(args, "to"), seen, &yes, e))
		return false;
	if (!yes)
		return true;
	if (!reach_fcv(set, fcv, &why))
		return wait_goes_on(&why, seen, e);
	if (strcmp(fcv, json_text(args, "from")) != 0 &&
	    strcmp(fcv, json_text(args, "to")) != 0) {
		*found = PROBE_CHANGED;
		return not_yet(seen, str_format(T_FCV_OTHER, fcv,
		    json_text(args, "from")), e);
	}
	*found = PROBE_DONE;
	return true;
}

bool
step_fcv_all_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL;
	char			 fcv[MONGO_MAJOR_SIZE];
	struct err		 why;

	(void)memo;
	*found = PROBE_TODO;
	if (!reach_init(&r, ctx, args, e))
		return false;
	if ((set = reach_set(&r, &why)) == NULL || !reach_fcv(set, fcv, &why))
		return wait_goes_on(&why, seen, e);
	if (strcmp(fcv, json_text(args, "to")) != 0)
		return not_yet(seen, str_format(T_FCV_OTHER, fcv,
		    json_text(args, "to")), e);
	*found = PROBE_DONE;
	return true;
}

/* ---- burn-in */

/* The shortest of all members since each was started, or found again. */
static int64_t
uptime_least(const json_t *uptimes, const json_t *topo, const char **who)
{
	const json_t	*m;
	int64_t		 least = INT64_MAX, up;
	size_t		 i;

	json_array_foreach (json_object_get(topo, "members"), i, m) {
		up = json_int(uptimes, json_text(m, "name"), 0);
		if (up < least) {
			least = up;
			*who = json_text(m, "name");
		}
	}
	return least;
}

bool
step_burn_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_REACH struct reach	 r = { .ctx = ctx };
	AUTO_JSON json_t	*set = NULL, *uptimes = NULL;
	const char		*who = "";
	struct err		 why;
	int64_t			 least, want = json_int(args, "seconds", 0);
	bool			 yes;

	(void)memo;
	*found = PROBE_TODO;
	if (!reach_init(&r, ctx, args, e))
		return false;
	if ((set = reach_set(&r, &why)) == NULL)
		return wait_goes_on(&why, seen, e);
	if (!all_at(&r, set, json_text(args, "to"), seen, &yes, e))
		return false;
	if (!yes)
		return true;
	if (!reach_uptimes(&r, set, &uptimes, &why))
		return wait_goes_on(&why, seen, e);
	least = uptime_least(uptimes, r.topo, &who);
	if (least < want)
		return not_yet(seen, str_format(T_WAIT_BURN, who,
		    (long long)least, (long long)want), e);
	*found = PROBE_DONE;
	return true;
}

/*
 * The looks at the servers, put together: the set, who is its primary, and
 * for each member what only the others know of it.
 */
#include "set.h"

#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text_set.def"

struct join {
	struct set_look	*looks;
	size_t		 count;
	json_t		*out;			/* borrowed */
	const json_t	*config;		/* NULL: nobody may say */
	const struct set_look *primary;		/* NULL: there is none */
};

/* The name that the set has for it, or the one that it was found by. */
static const char *
look_name(const struct set_look *look)
{
	const char	*me = json_str(look->hello, "me");

	return me != NULL ? me : look->address;
}

static json_t *
look_unknown(const struct set_look *look)
{
	return json_object_get(look->out, "unknown");
}

static bool
is_state(const struct set_look *look, const char *state)
{
	return strcmp(json_text(look->out, "state"), state) == 0;
}

/* ---- the set */

static const char *
set_kind(const struct join *j)
{
	const char	*kind = "standalone";
	size_t		 i;

	for (i = 0; i < j->count; i++) {
		if (is_state(&j->looks[i], "MONGOS"))
			return "sharded";
		if (json_str(j->looks[i].hello, "setName") != NULL ||
		    json_flag(j->looks[i].hello, "isreplicaset"))
			kind = "replica_set";
	}
	return kind;
}

/* After an election that was lost unheard two may call themselves so. */
static int64_t
look_term(const struct set_look *look)
{
	return set_number(json_object_get(json_object_get(look->hello,
	    "lastWrite"), "opTime"), "t", 0);
}

static void
join_survey(struct join *j)
{
	const struct set_look	*look;
	int64_t			 newest = -1, version;
	size_t			 i;

	for (i = 0; i < j->count; i++) {
		look = &j->looks[i];
		if (is_state(look, "PRIMARY") && (j->primary == NULL ||
		    look_term(look) > look_term(j->primary)))
			j->primary = look;
		version = set_number(look->config, "version", 0);
		if (look->config != NULL && version > newest) {
			j->config = look->config;
			newest = version;
		}
	}
}

static const char *
unknown_config(const struct join *j)
{
	const char	*why;
	size_t		 i;

	for (i = 0; i < j->count; i++) {
		why = json_str(look_unknown(&j->looks[i]), "config");
		if (why != NULL)
			return why;
	}
	return T_SET_NO_CONFIG;
}

static bool
join_head(struct join *j, struct err *e)
{
	const char	*kind = set_kind(j), *name = NULL;
	size_t		 i;

	for (i = 0; i < j->count; i++)
		if (name == NULL)
			name = json_str(j->looks[i].hello, "setName");
	if (!set_put(j->out, "kind", json_string(kind), e))
		return false;
	if (strcmp(kind, "replica_set") != 0)
		return true;
	if (!set_put(j->out, "set", name != NULL ? json_string(name) :
	    json_null(), e))
		return false;
	if (j->primary != NULL ? !set_put(j->out, "primary",
	    json_string(look_name(j->primary)), e) : !set_unknown(j->out,
	    "primary", T_SET_NO_PRIMARY, e))
		return false;
	return j->config != NULL ? set_put(j->out, "config", json_deep_copy(
	    j->config), e) : set_unknown(j->out, "config",
	    unknown_config(j), e);
}

/* What the primary alone answers for: set_facts.c put it beside its facts. */
static bool
join_concern(struct join *j, struct err *e)
{
	static const char *const names[] = { "default_write_concern",
		"default_write_concern_source" };
	json_t		*value;
	const char	*why;
	size_t		 i, k;

	for (k = 0; k < LENGTH(names); k++) {
		value = j->primary == NULL ? NULL :
		    json_object_get(j->primary->out, names[k]);
		why = j->primary == NULL ? NULL :
		    json_str(look_unknown(j->primary), names[k]);
		if (value != NULL && !set_put(j->out, names[k],
		    json_incref(value), e))
			return false;
		if (why != NULL && !set_put(json_object_get(j->out,
		    "unknown"), names[k],
		    json_string(why), e))
			return false;
		for (i = 0; i < j->count; i++) {
			json_object_del(j->looks[i].out, names[k]);
			json_object_del(look_unknown(&j->looks[i]), names[k]);
		}
	}
	return true;
}

/* ---- members */

static const json_t *
config_member(const json_t *config, const char *name)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach(json_object_get(config, "members"), i, m)
		if (strcmp(json_text(m, "host"), name) == 0)
			return m;
	return NULL;
}

/* secondaryDelaySecs from 5.0 on; of a set from before both names exist. */
static int64_t
delay_of(const json_t *m)
{
	return set_number(m, "secondaryDelaySecs",
	    set_number(m, "slaveDelay", 0));
}

static bool
member_config(json_t *out, const json_t *m, struct err *e)
{
	const double priority = json_number_value(json_object_get(m,
	    "priority"));

	return set_put(out, "id", json_integer(set_number(m, "_id", -1)), e) &&
	    set_put(out, "votes", json_integer(set_number(m, "votes", 1)),
	    e) && set_put(out, "priority", json_real(priority), e) &&
	    set_put(out, "hidden", json_boolean(json_flag(m, "hidden")), e) &&
	    set_put(out, "delay_s", json_integer(delay_of(m)), e);
}

static bool
member_role(const struct join *j, struct set_look *look, struct err *e)
{
	static const char *const names[] = { "votes", "priority", "hidden",
		"delay_s" };
	const json_t	*m = config_member(j->config, look_name(look));
	const char	*why = j->config == NULL ? unknown_config(j) :
	    T_SET_NOT_IN_CONFIG;
	size_t		 i;

	if (m != NULL)
		return member_config(look->out, m, e);
	for (i = 0; i < LENGTH(names); i++)
		if (!set_unknown(look->out, names[i], why, e))
			return false;
	return true;
}

/* When the last write was that it has, in seconds; 0: not said. */
static int64_t
written_s(const struct set_look *look)
{
	const json_t	*ts = json_object_get(json_object_get(
	    json_object_get(json_object_get(look->hello, "lastWrite"),
	    "opTime"), "ts"), "$timestamp");

	return set_number(ts, "t", 0);
}

static bool
member_lag(const struct join *j, struct set_look *look, struct err *e)
{
	int64_t	 newest = j->primary == NULL ? 0 : written_s(j->primary);
	int64_t	 mine = written_s(look);

	if (look->is_arbiter)
		return set_unknown(look->out, "lag_s",
		    T_SET_ARBITER_DATA, e);
	if (look->hello == NULL)
		return set_unknown(look->out, "lag_s",
		    look->silence.msg, e);
	if (newest == 0 || mine == 0)
		return set_unknown(look->out, "lag_s",
		    T_SET_NO_PRIMARY, e);
	return set_put(look->out, "lag_s", json_integer(newest > mine ?
	    newest - mine : 0), e);
}

static bool
member_fill(const struct join *j, struct set_look *look, struct err *e)
{
	const bool in_set = json_object_get(j->out, "set") != NULL;
	const bool is_well = is_state(look, "PRIMARY") ||
	    is_state(look, "SECONDARY") || is_state(look, "ARBITER") ||
	    is_state(look, "STANDALONE") || is_state(look, "MONGOS");

	json_object_del(look_unknown(look), "config");
	return set_put(look->out, "name", json_string(look_name(look)), e) &&
	    set_put(look->out, "address", json_string(look->address), e) &&
	    set_put(look->out, "healthy", json_boolean(is_well), e) &&
	    set_put(look->out, "arbiter", json_boolean(look->is_arbiter),
	    e) &&
	    (!in_set || (member_role(j, look, e) && member_lag(j, look,
	    e)));
}

/*
 * Left out: a second way to a member that is there already, and a silent
 * address of the URL that the set does not call its own.
 */
static bool
is_stray(const struct join *j, size_t n)
{
	const struct set_look	*look = &j->looks[n];
	size_t			 i;

	for (i = 0; look->hello != NULL && i < n; i++)
		if (j->looks[i].hello != NULL && strcmp(look_name(
		    &j->looks[i]), look_name(look)) == 0)
			return true;
	if (look->hello != NULL || j->config == NULL)
		return false;
	return config_member(j->config, look->address) == NULL;
}

bool
set_join(struct set_look *looks, size_t count, json_t *out, struct err *e)
{
	AUTO_JSON json_t *members = json_array();
	struct join	 j = { .looks = looks, .count = count, .out = out };
	size_t		 i;

	if (members == NULL || !set_put(out, "unknown", json_object(), e))
		return false;
	join_survey(&j);
	if (!join_head(&j, e) || !join_concern(&j, e))
		return false;
	for (i = 0; i < count; i++) {
		if (is_stray(&j, i))
			continue;
		if (!member_fill(&j, &looks[i], e))
			return false;
		if (json_array_append(members, looks[i].out) < 0)
			return err_nomem(e);
	}
	return set_put(out, "members", TAKE(members), e);
}

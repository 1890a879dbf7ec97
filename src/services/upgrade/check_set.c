/*
 * Rules about the set as a whole: versions, FCV, states, votes, clocks.
 */
#include "check_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

#define LAG_S		10
#define CLOCK_MS	1000

static const json_t *
members_of(const struct check_run *r)
{
	return json_object_get(r->set, "members");
}

static void
look_versions(struct check_run *r, const json_t *unused)
{
	const json_t	*m;
	const char	*first = NULL, *first_major = NULL, *version;
	bool		 same = true, same_major = true;
	size_t		 i;

	(void)unused;
	json_array_foreach (members_of(r), i, m) {
		version = json_str(m, "version");
		if (version == NULL)
			continue;
		if (first == NULL) {
			first = version;
			first_major = json_text(m, "major");
		}
		same = same && str_equal(first, version);
		same_major = same_major && str_equal(first_major,
		    json_text(m, "major"));
	}
	if (!same_major)
		found(r, r->wish->is_resumed ? VERDICT_WARN : VERDICT_BLOCK,
		    NULL, T_CHECK_MAJORS_FIX, T_CHECK_MAJORS);
	else if (!same)
		found(r, VERDICT_WARN, NULL, T_CHECK_PATCHES_FIX,
		    T_CHECK_PATCHES);
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_VERSION,
		    first != NULL ? first : "?");
}

static void
look_patch(struct check_run *r, const json_t *m)
{
	const struct mongo_major *major = mongo_major_find(json_text(m,
	    "major"));
	const char	*version = json_text(m, "version");

	if (major == NULL || major->min_patch == NULL)
		return;
	if (mongo_version_compare(version, major->min_patch) < 0)
		found(r, VERDICT_WARN, m, T_CHECK_CVE_FIX, T_CHECK_CVE,
		    version, major->min_patch);
}

static void
look_fcv(struct check_run *r, const json_t *m)
{
	const char	*fcv = json_str(m, "fcv");
	const char	*target = json_str(m, "fcv_target");

	if (check_is_arbiter(m))
		return;
	if (fcv == NULL)
		found_unknown(r, m, "fcv");
	else if (target != NULL && mongo_version_compare(target, fcv) <= 0)
		found(r, VERDICT_BLOCK, m, T_CHECK_FCV_DOWN_FIX,
		    T_CHECK_FCV_DOWN, fcv);
	else if (target != NULL)
		found(r, VERDICT_WARN, m, T_CHECK_FCV_HALF_FIX,
		    T_CHECK_FCV_HALF, fcv, target);
	else if (!str_equal(fcv, r->from))
		found(r, VERDICT_BLOCK, m, T_CHECK_FCV_FIX, T_CHECK_FCV, fcv,
		    r->from);
	else if (mongo_version_compare(json_text(m, "major"), fcv) > 0)
		found(r, VERDICT_WARN, m, T_CHECK_FCV_BEHIND_FIX,
		    T_CHECK_FCV_BEHIND, json_text(m, "version"), fcv);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_FCV_OK, fcv);
}

static void
look_states(struct check_run *r, const json_t *unused)
{
	const json_t	*m;
	const char	*state;
	int		 primaries = 0;
	size_t		 i;

	(void)unused;
	json_array_foreach (members_of(r), i, m) {
		state = json_text(m, "state");
		primaries += str_equal(state, "PRIMARY") ||
		    str_equal(state, "STANDALONE");
		if (!str_equal(state, "PRIMARY") &&
		    !str_equal(state, "SECONDARY") &&
		    !str_equal(state, "ARBITER") &&
		    !str_equal(state, "STANDALONE"))
			found(r, VERDICT_BLOCK, m, T_CHECK_STATE_FIX,
			    T_CHECK_STATE, state);
		else if (!json_flag(m, "healthy"))
			found(r, VERDICT_BLOCK, m, T_CHECK_STATE_FIX,
			    T_CHECK_UNHEALTHY);
		else if (json_int(m, "lag_s", 0) > LAG_S &&
		    json_int(m, "delay_s", 0) == 0)
			found(r, VERDICT_WARN, m, T_CHECK_LAG_FIX,
			    T_CHECK_LAG, (long long)json_int(m, "lag_s", 0));
	}
	if (primaries != 1)
		found(r, VERDICT_BLOCK, NULL, T_CHECK_PRIMARY_FIX,
		    T_CHECK_PRIMARY, primaries);
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_STATES_OK);
}

static bool
host_is_address(const char *name)
{
	return name[0] == '[' || name[strspn(name, "0123456789.")] == ':';
}

/* A member that does not count as the others do. */
static void
look_place(struct check_run *r, const json_t *m)
{
	const json_t	*priority = json_object_get(m, "priority");

	if (check_is_arbiter(m))
		return;
	if (json_int(m, "delay_s", 0) > 0)
		found(r, VERDICT_WARN, m, NULL, T_CHECK_DELAYED,
		    (long long)json_int(m, "delay_s", 0));
	else if (json_flag(m, "hidden"))
		found(r, VERDICT_WARN, m, NULL, T_CHECK_HIDDEN);
	else if (json_is_number(priority) &&
	    json_number_value(priority) <= 0.0)
		found(r, VERDICT_WARN, m, NULL, T_CHECK_PRIORITY_0);
}

static void
look_votes(struct check_run *r, const json_t *unused)
{
	const json_t	*m;
	long long	 votes = 0, count = 0;
	size_t		 i;

	(void)unused;
	if (str_equal(json_text(r->set, "kind"), "standalone")) {
		found(r, VERDICT_WARN, NULL, T_CHECK_ALONE_FIX,
		    T_CHECK_STANDALONE);
		found_verb(r, "mongo prepare");
		return;
	}
	json_array_foreach (members_of(r), i, m) {
		votes += json_int(m, "votes", 1);
		count++;
		if (host_is_address(json_text(m, "name")))
			found(r, VERDICT_WARN, m, T_CHECK_ADDRESS_FIX,
			    T_CHECK_ADDRESS);
		look_place(r, m);
	}
	if (count == 1)
		found(r, VERDICT_WARN, NULL, T_CHECK_SINGLE_FIX,
		    T_CHECK_SINGLE);
	else if (votes - 1 < votes / 2 + 1)
		found(r, VERDICT_WARN, NULL, T_CHECK_VOTES_FIX,
		    T_CHECK_VOTES, votes);
	else if (votes % 2 == 0)
		found(r, VERDICT_WARN, NULL, T_CHECK_VOTES_FIX,
		    T_CHECK_VOTES_EVEN, votes);
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_VOTES_OK, votes);
}

/* Somebody has set one: nothing changes by itself. */
static bool
concern_is_explicit(const json_t *set)
{
	return json_object_size(json_object_get(set,
	    "default_write_concern")) > 0 && !str_equal(json_text(set,
	    "default_write_concern_source"), "implicit");
}

/* 2 data members and an arbiter: the implicit default stays w:1. */
static void
look_concern(struct check_run *r, const json_t *unused)
{
	const json_t	*m;
	int		 arbiters = 0, voting = 0, data = 0;
	size_t		 i;

	(void)unused;
	if (!hop_reaches(r, "5.0"))
		return;
	if (concern_is_explicit(r->set)) {
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_CONCERN_SET);
		return;
	}
	json_array_foreach (members_of(r), i, m) {
		voting += json_int(m, "votes", 1) > 0;
		arbiters += check_is_arbiter(m);
		data += !check_is_arbiter(m) && json_int(m, "votes", 1) > 0;
	}
	if (arbiters > 0 && data <= voting / 2 + 1)
		found(r, VERDICT_WARN, NULL, T_CHECK_PSA_FIX, T_CHECK_PSA);
	else if (str_equal(json_text(r->set, "kind"), "replica_set"))
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_MAJORITY);
}

static void
look_clock(struct check_run *r, const json_t *m)
{
	long long	 ms = (long long)json_int(m, "clock_offset_ms", 0);

	if (llabs(ms) > CLOCK_MS)
		found(r, VERDICT_WARN, m, T_CHECK_CLOCK_FIX, T_CHECK_CLOCK,
		    ms);
}

const struct check_rule check_set_rules[] = {
	{ .id = "C1", .scope = RULE_ONCE, .is_anew = true,
	  .rule = T_RULE_C1, .look = look_versions },
	{ .id = "C1", .scope = RULE_MEMBER, .rule = T_RULE_CVE,
	  .look = look_patch },
	{ .id = "C2", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C2, .look = look_fcv },
	{ .id = "C3", .scope = RULE_ONCE, .is_anew = true,
	  .rule = T_RULE_C3, .look = look_states },
	{ .id = "C4", .scope = RULE_ONCE, .is_anew = true,
	  .rule = T_RULE_C4, .look = look_votes },
	{ .id = "C10", .scope = RULE_HOP, .rule = T_RULE_C10,
	  .look = look_concern },
	{ .id = "C16", .scope = RULE_MEMBER, .is_anew = true,
	  .rule = T_RULE_C16, .look = look_clock },
};
const size_t check_set_count = LENGTH(check_set_rules);

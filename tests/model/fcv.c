/*
 * featureCompatibilityVersion: manual, setFeatureCompatibilityVersion
 * (reference/command), with codes and half-done states as seen on 4.4, 5.0
 * and 6.0.
 */
#include "model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"

#define LOOK_US		50000

/* Seen: 2 on 4.4, 4926900 since. */
static json_t *
value_refuse(const char *value)
{
	char	 list[64] = "";

	for (size_t i = 0; i < ARRAY(me->fcv) && me->fcv[i] != NULL; i++) {
		size_t	 n = strlen(list);

		snprintf(list + n, sizeof(list) - n, "%s'%s'", i == 0 ? "" :
		    " or ", me->fcv[i]);
	}
	if (!version_from(me, "5.0"))
		return refuse(2, "BadValue", "Invalid command argument. "
		    "Expected %s, found %s in: { "
		    "setFeatureCompatibilityVersion }", list, value);
	return refuse(4926900, "Location4926900", "Invalid feature "
	    "compatibility version value '%s'; expected %s", value, list);
}

/* Manual: confirm is required from 7.0 on; unknown to earlier ones. */
static json_t *
confirm_refuse(const json_t *c)
{
	const json_t	*confirm = json_object_get(c, "confirm");

	if (version_from(me, "7.0"))
		return json_is_true(confirm) ? NULL : refuse(7369100,
		    "Location7369100", "Once you have upgraded to %s, you "
		    "will not be able to downgrade FCV and binary version "
		    "without support assistance. Please re-run this command "
		    "with 'confirm: true' to acknowledge this and continue "
		    "with the FCV upgrade.", me->major);
	if (confirm == NULL)
		return NULL;
	if (version_from(me, "5.0"))
		return refuse(40415, "Location40415", "BSON field "
		    "'setFeatureCompatibilityVersion.confirm' is an unknown "
		    "field.");
	return refuse(72, "InvalidOptions", "Unrecognized field found confirm "
	    "in setFeatureCompatibilityVersion");
}

/* A half-done one can only be finished (seen: 20 on 4.4, then 5147403). */
static json_t *
other_way_refuse(const struct world *w, const char *to)
{
	const json_t	*fcv = json_object_get(w->doc, "fcv");
	const char	*target = json_str(fcv, "targetVersion");

	if (target == NULL || strcmp(target, to) == 0)
		return NULL;
	if (!version_from(me, "5.0"))
		return refuse(20, "IllegalOperation", "cannot set "
		    "featureCompatibilityVersion to '%s' while a previous "
		    "featureCompatibilityVersion upgrade to %s has not "
		    "completed", to, target);
	return refuse(5147403, "Location5147403", "cannot set featureCompat"
	    "ibilityVersion to '%s' while featureCompatibilityVersion is "
	    "'upgrading from %s to %s'", to, json_text(fcv, "version"),
	    target);
}

static json_t *
check(const struct world *w, const char *db, const json_t *c)
{
	const json_t	*value = json_object_get(c,
	    "setFeatureCompatibilityVersion");
	json_t		*no;

	if (strcmp(db, "admin") != 0)
		return refuse(13, "Unauthorized", "setFeatureCompatibility"
		    "Version may only be run against the admin database.");
	if (!json_is_string(value))
		return refuse(14, "TypeMismatch", "BSON field "
		    "'setFeatureCompatibilityVersion' is the wrong type");
	if (!world_is_primary(w))
		return refuse(10107, "NotWritablePrimary", "not primary");
	if ((no = confirm_refuse(c)) != NULL)
		return no;
	if (!version_takes(me, json_string_value(value)))
		return value_refuse(json_string_value(value));
	return other_way_refuse(w, json_string_value(value));
}

/* To 5.0 all must be up (seen: the config must reach every node). */
static bool
is_enough(const struct world *w, const char *to)
{
	int	 alive, all;

	if (opt.set == NULL)
		return true;
	world_votes(w, &alive, &all);
	return strcmp(to, "5.0") == 0 ? alive == all : 2 * alive > all;
}

/* A test's wish: the process ends with the change half done. */
static bool
is_killed(void)
{
	char	 path[512];

	snprintf(path, sizeof(path), "%s/../fcv-half", opt.db_path);
	return unlink(path) == 0;
}

json_t *
rule_set_fcv(const char *db, const json_t *c)
{
	const char	*to = json_text(c, "setFeatureCompatibilityVersion");
	int64_t		 wait = json_int(json_object_get(c, "writeConcern"),
	    "wtimeout", 0);
	int64_t		 until = now_ms() + wait;
	struct world	 w;
	json_t		*no;

	for (;;) {
		world_enter(&w);
		no = check(&w, db, c);
		if (no != NULL || is_enough(&w, to))
			break;
		world_leave(&w, false);
		if (wait > 0 && now_ms() > until)
			return refuse(64, "WriteConcernFailed", "Failed to "
			    "wait for the current replica set config to "
			    "propagate to all nodes");
		usleep(LOOK_US);
	}
	if (no == NULL && is_killed()) {
		json_object_set_new(json_object_get(w.doc, "fcv"),
		    "targetVersion", json_string(to));
		world_leave(&w, true);
		_exit(137);
	}
	if (no == NULL) {
		json_object_set_new(w.doc, "fcv", json_pack("{s:s}",
		    "version", to));
		world_write(&w);
	}
	world_leave(&w, no == NULL);
	return no != NULL ? no : yes(json_object());
}

/*
 * Manual, getParameter; seen: no code with an unknown one, and an arbiter
 * shows its own newest.
 */
json_t *
rule_get_parameter(const char *db, const json_t *c)
{
	struct world	 w;
	json_t		*fcv;

	if (strcmp(db, "admin") != 0)
		return refuse(13, "Unauthorized", "getParameter may only be "
		    "run against the admin database.");
	if (json_object_get(c, "featureCompatibilityVersion") == NULL)
		return json_pack("{s:f, s:s}", "ok", 0.0, "errmsg",
		    "no option found to get");
	world_enter(&w);
	fcv = json_deep_copy(json_object_get(w.doc, "fcv"));
	if (fcv == NULL || world_is_arbiter(&w, opt.port)) {
		json_decref(fcv);
		fcv = json_pack("{s:s}", "version", me->major);
	}
	world_leave(&w, false);
	return yes(json_pack("{s:o}", "featureCompatibilityVersion", fcv));
}

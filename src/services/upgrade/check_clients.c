/*
 * Rules about those who use the servers: their drivers, and what they send
 * that 6.0 no longer answers.
 */
#include "check_parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

#define REACH_MS	5000

/* The first driver that lists the server (facts, mongodb.md 1.9). */
static const struct {
	const char	*major, *driver, *min;
} driver_floor[] = {
	{ "5.0", "mongo-java-driver", "4.3" },
	{ "6.0", "mongo-java-driver", "4.7" },
	{ "7.0", "mongo-java-driver", "4.10" },
	{ "8.0", "mongo-java-driver", "5.2" },
	{ "6.0", "nodejs", "4.8" },
	{ "7.0", "nodejs", "5.7" },
	{ "8.0", "nodejs", "6.9" },
	{ "7.0", "mongo-csharp-driver", "2.20" },
	{ "8.0", "mongo-csharp-driver", "3.0" },
	{ "7.0", "mongo-go-driver", "1.12" },
	{ "8.0", "mongo-go-driver", "1.17" },
	{ "7.0", "PyMongo", "4.4" },
	{ "8.0", "PyMongo", "4.9" },
};

static void
look_driver(struct check_run *r, const json_t *m, const json_t *driver)
{
	const char	*name = json_text(driver, "name");
	const char	*version = json_text(driver, "version");
	size_t		 i;

	for (i = 0; i < LENGTH(driver_floor); i++)
		if (str_equal(driver_floor[i].major, r->to) &&
		    str_starts(name, driver_floor[i].driver) &&
		    mongo_version_compare(version, driver_floor[i].min) < 0)
			found(r, VERDICT_WARN, m, T_CHECK_DRIVER_FIX,
			    T_CHECK_DRIVER, json_text(driver, "app"), name,
			    version, driver_floor[i].min, r->to);
}

static void
look_drivers(struct check_run *r, const json_t *m)
{
	const json_t	*connections = json_object_get(m, "connections");
	const json_t	*driver;
	size_t		 i;

	if (check_is_arbiter(m))
		return;
	if (!json_is_object(connections)) {
		found_unknown(r, m, "connections");
		return;
	}
	json_array_foreach (json_object_get(connections, "drivers"), i, driver)
		look_driver(r, m, driver);
}

/*
 * Counted since the server's start.  5.0 counts old opcodes
 * (opcounters.deprecated, absent while there was none: seen on 5.0.4); before
 * 5.0 nothing tells them, so that it is looked at again before this hop.
 */
static void
legacy_judge(struct check_run *r, const json_t *m, const json_t *status)
{
	const json_t	*old = json_object_get(json_object_get(status,
	    "opcounters"), "deprecated");
	const json_t	*last = json_object_get(json_object_get(
	    json_object_get(status, "metrics"), "commands"), "getLastError");
	long long	 opcodes = (long long)json_int(old, "total", 0);
	long long	 errors = (long long)json_int(last, "total", 0);

	if (opcodes > 0)
		found(r, VERDICT_BLOCK, m, T_CHECK_LEGACY_FIX, T_CHECK_LEGACY,
		    opcodes);
	else if (mongo_version_compare(json_text(m, "major"), "5.0") < 0)
		found(r, VERDICT_UNKNOWN, m, NULL, T_CHECK_LEGACY_LATER);
	else
		found(r, VERDICT_OK, m, NULL, T_CHECK_LEGACY_NONE);
	if (errors > 0)
		found(r, VERDICT_WARN, m, T_CHECK_LEGACY_FIX,
		    T_CHECK_LAST_ERROR, errors);
}

static void
look_legacy(struct check_run *r, const json_t *m)
{
	const struct mongo_open_spec spec = { .url = r->url, .member =
	    json_text(m, "name"), .wants = MONGO_ANY, .timeout_ms = REACH_MS,
	    .answer_ms = REACH_MS };
	AUTO_MONGO struct mongo *server = NULL;
	AUTO_JSON json_t *status = NULL;
	struct err	 why;

	if (check_is_arbiter(m) || !hop_reaches(r, "6.0"))
		return;
	if (mongo_open_as(&spec, &server, &why) &&
	    mongo_command(server, "admin", "{\"serverStatus\":1}",
	    "clusterMonitor", &status, &why))
		legacy_judge(r, m, status);
	else
		found(r, VERDICT_UNKNOWN, m, NULL, "%s", why.msg);
}

const struct check_rule check_clients_rules[] = {
	{ .id = "C9", .scope = RULE_HOP_MEMBER, .is_anew = true,
	  .rule = T_RULE_C9, .look = look_drivers },
	{ .id = "C9", .scope = RULE_HOP_MEMBER, .is_anew = true,
	  .rule = T_RULE_LEGACY, .look = look_legacy },
};
const size_t check_clients_count = LENGTH(check_clients_rules);

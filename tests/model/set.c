/*
 * The member of a set: hello, status, configuration, step-down, shutdown.
 * Manual pages of the same names (reference/command); codes, texts and times
 * as seen on 4.4, 5.0 and 6.0.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"

#define LOOK_US		50000

static json_t *
date(int64_t ms)
{
	return json_pack("{s:{s:o}}", "$date", "$numberLong",
	    json_sprintf("%lld", (long long)ms));
}

static json_t *
stamp(const json_t *optime)
{
	return json_pack("{s:{s:I, s:I}}", "$timestamp", "t",
	    (json_int_t)json_int(optime, "t", 0), "i",
	    (json_int_t)json_int(optime, "i", 0));
}

static json_t *
config_members(const struct world *w)
{
	return json_object_get(json_object_get(w->doc, "config"), "members");
}

static const json_t *
config_self(const struct world *w)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (config_members(w), i, m)
		if (world_port_of(m) == opt.port)
			return m;
	return NULL;
}

static void
name_add(json_t *reply, const char *list, const json_t *host)
{
	json_t	*at = json_object_get(reply, list);

	if (at == NULL) {
		at = json_array();
		json_object_set_new(reply, list, at);
	}
	json_array_append(at, (json_t *)(uintptr_t)host);
}

static bool
is_passive(const json_t *m)
{
	const json_t	*p = json_object_get(m, "priority");

	return p != NULL && json_number_value(p) == 0;
}

/* Manual, hello.lastWrite; on arbiters it says nothing of use. */
static json_t *
last_write(const struct world *w)
{
	const json_t	*at = json_object_get(w->doc, "optime");

	return json_pack("{s:{s:o, s:I}, s:o}", "opTime", "ts", stamp(at),
	    "t", (json_int_t)json_int(w->doc, "term", 0), "lastWriteDate",
	    date(json_int(at, "t", 0) * 1000));
}

static void
hello_set(const struct world *w, json_t *r)
{
	const json_t	*m, *self = config_self(w);
	int		 primary = (int)json_int(w->doc, "primary", 0);
	bool		 arbiter = json_flag(self, "arbiterOnly");
	size_t		 i;

	json_array_foreach (config_members(w), i, m) {
		const json_t	*host = json_object_get(m, "host");

		if (!json_flag(m, "hidden"))
			name_add(r, json_flag(m, "arbiterOnly") ? "arbiters" :
			    is_passive(m) ? "passives" : "hosts", host);
		if (world_port_of(m) == primary)
			json_object_set(r, "primary", (json_t *)
			    (uintptr_t)host);
	}
	json_object_set_new(r, "setName", json_string(opt.set));
	json_object_set_new(r, "setVersion", json_integer(json_int(
	    json_object_get(w->doc, "config"), "version", 1)));
	json_object_set_new(r, "secondary", json_boolean(!arbiter &&
	    primary != opt.port));
	if (arbiter)
		json_object_set_new(r, "arbiterOnly", json_true());
	json_object_set(r, "me", json_object_get(self, "host"));
	if (!arbiter)
		json_object_set_new(r, "lastWrite", last_write(w));
	if (primary == opt.port)
		json_object_set_new(r, "electionId", json_pack("{s:o}",
		    "$oid", json_sprintf("7fffffff%016llx", (long long)
		    json_int(w->doc, "term", 0))));
}

/* Manual, hello; isMaster for 4.4 as well. */
json_t *
rule_hello(const char *db, const json_t *c)
{
	struct world	 w;
	bool		 old, writable;
	json_t		*r;

	(void)db;
	old = json_object_get(c, "hello") == NULL;
	world_enter(&w);
	if (json_flag(world_self(&w), "stopping") && opt.set != NULL) {
		world_leave(&w, false);
		return refuse(91, "ShutdownInProgress", "The server is in "
		    "quiesce mode and will shut down");
	}
	writable = opt.set == NULL || (config_self(&w) != NULL &&
	    world_is_primary(&w));
	r = json_pack("{s:b, s:b, s:i, s:i, s:i, s:o, s:i, s:i, s:i, s:b}",
	    old ? "ismaster" : "isWritablePrimary", writable, "helloOk", 1,
	    "maxBsonObjectSize", 16777216, "maxMessageSizeBytes", 48000000,
	    "maxWriteBatchSize", 100000, "localTime", date(now_ms()),
	    "logicalSessionTimeoutMinutes", 30, "minWireVersion", 0,
	    "maxWireVersion", me->wire, "readOnly", 0);
	if (opt.set != NULL && config_self(&w) != NULL)
		hello_set(&w, r);
	else if (opt.set != NULL) {
		json_object_set_new(r, "secondary", json_false());
		json_object_set_new(r, "info", json_string("Does not have a "
		    "valid replica set config"));
		json_object_set_new(r, "isreplicaset", json_true());
	}
	world_leave(&w, false);
	return yes(r);
}

static json_t *
no_set(const struct world *w)
{
	if (opt.set == NULL)
		return refuse(76, "NoReplicationEnabled", "not running with "
		    "--replSet");
	if (config_self(w) == NULL)
		return refuse(94, "NotYetInitialized", "no replset config "
		    "has been received");
	return NULL;
}

static json_t *
status_member(const struct world *w, const json_t *m)
{
	int		 port = world_port_of(m);
	const json_t	*now = world_member(w, port);
	bool		 alive = world_is_alive(now);
	int		 state = !alive ? 8 : json_flag(m, "arbiterOnly") ? 7 :
	    json_int(w->doc, "primary", 0) == port ? 1 : 2;
	const char	*name = state == 8 ? "(not reachable/healthy)" :
	    state == 7 ? "ARBITER" : state == 1 ? "PRIMARY" : "SECONDARY";
	json_t		*r = json_pack("{s:O, s:O, s:f, s:i, s:s, s:I}", "_id",
	    json_object_get(m, "_id"), "name", json_object_get(m, "host"),
	    "health", alive ? 1.0 : 0.0, "state", state, "stateStr", name,
	    "uptime", (json_int_t)(alive ? (now_ms() - json_int(now, "since",
	    0)) / 1000 : 0));

	if (state != 7) {
		const json_t	*at = json_object_get(w->doc, "optime");

		json_object_set_new(r, "optime", json_pack("{s:o, s:I}", "ts",
		    stamp(alive ? at : NULL), "t", (json_int_t)(alive ?
		    json_int(w->doc, "term", 0) : -1)));
		json_object_set_new(r, "optimeDate", date(alive ? json_int(at,
		    "t", 0) * 1000 : 0));
	}
	if (port == opt.port)
		json_object_set_new(r, "self", json_true());
	return r;
}

/* Manual, replSetGetStatus. */
json_t *
rule_status(const char *db, const json_t *c)
{
	struct world	 w;
	json_t		*r, *list = json_array();
	const json_t	*m;
	int		 self;
	size_t		 i;

	(void)db;
	(void)c;
	world_enter(&w);
	if ((r = no_set(&w)) != NULL) {
		world_leave(&w, false);
		json_decref(list);
		return r;
	}
	json_array_foreach (config_members(&w), i, m)
		json_array_append_new(list, status_member(&w, m));
	self = world_is_arbiter(&w, opt.port) ? 7 : world_is_primary(&w) ? 1 :
	    2;
	r = json_pack("{s:s, s:o, s:i, s:I, s:I, s:{s:{s:o, s:I}}, s:o}",
	    "set", opt.set, "date", date(now_ms()), "myState", self, "term",
	    (json_int_t)json_int(w.doc, "term", 0), "heartbeatIntervalMillis",
	    (json_int_t)json_int(json_object_get(json_object_get(w.doc,
	    "config"), "settings"), "heartbeatIntervalMillis", 2000),
	    "optimes", "lastCommittedOpTime", "ts", stamp(json_object_get(
	    w.doc, "optime")), "t", (json_int_t)json_int(w.doc, "term", 0),
	    "members", list);
	world_leave(&w, false);
	return yes(r);
}

/* Manual, replSetGetConfig. */
json_t *
rule_config(const char *db, const json_t *c)
{
	struct world	 w;
	json_t		*r;

	(void)db;
	(void)c;
	world_enter(&w);
	if ((r = no_set(&w)) == NULL)
		r = yes(json_pack("{s:o}", "config", json_deep_copy(
		    json_object_get(w.doc, "config"))));
	world_leave(&w, false);
	return r;
}

/* Manual, reference/replica-configuration: what a member has unsaid. */
static void
config_complete(json_t *config)
{
	json_t	*m, *settings;
	size_t	 i;

	json_array_foreach (json_object_get(config, "members"), i, m) {
		bool	 arbiter = json_flag(m, "arbiterOnly");

		if (json_object_get(m, "priority") == NULL)
			json_object_set_new(m, "priority", json_real(arbiter ?
			    0 : 1));
		if (json_object_get(m, "votes") == NULL)
			json_object_set_new(m, "votes", json_integer(1));
		json_object_set_new(m, "arbiterOnly", json_boolean(arbiter));
		json_object_set_new(m, "hidden", json_boolean(json_flag(m,
		    "hidden")));
		json_object_set_new(m, version_from(me, "5.0") ?
		    "secondaryDelaySecs" : "slaveDelay", json_integer(0));
	}
	json_object_set_new(config, "version", json_integer(1));
	settings = json_object_get(config, "settings");
	if (settings == NULL)
		json_object_set_new(config, "settings", json_object());
}

/* Manual, replSetInitiate; 23 when it was before. */
json_t *
rule_initiate(const char *db, const json_t *c)
{
	struct world	 w;
	json_t		*config = json_deep_copy(json_object_get(c,
	    "replSetInitiate"));
	json_t		*r = NULL;

	(void)db;
	world_enter(&w);
	if (opt.set == NULL)
		r = no_set(&w);
	else if (json_object_get(w.doc, "config") != NULL)
		r = refuse(23, "AlreadyInitialized", "already initialized");
	else if (strcmp(json_text(config, "_id"), opt.set) != 0)
		r = refuse(93, "InvalidReplicaSetConfig", "Attempting to "
		    "initiate a replica set with name %s, but command line "
		    "reports %s; rejecting", json_text(config, "_id"),
		    opt.set);
	if (r == NULL) {
		config_complete(config);
		json_object_set(w.doc, "config", config);
		json_object_set_new(w.doc, "fcv", json_pack("{s:s}",
		    "version", me->major));
		world_elect(&w, opt.port);
		r = yes(json_object());
	}
	json_decref(config);
	world_leave(&w, true);
	return r;
}

/* Waits for one that can take over; 0 when the time is over. */
static int
heir_await(int64_t ms)
{
	int64_t		 until = now_ms() + ms;
	struct world	 w;
	int		 alive, all, heir;

	for (;;) {
		world_enter(&w);
		world_votes(&w, &alive, &all);
		heir = 2 * alive > all ? world_heir(&w, opt.port) : 0;
		world_leave(&w, false);
		if (heir != 0 || now_ms() >= until)
			return heir;
		usleep(LOOK_US);
	}
}

static json_t *
no_heir(void)
{
	return refuse(262, "ExceededTimeLimit", "No electable secondaries "
	    "caught up as of %lld. Please use the replSetStepDown command "
	    "with the argument {force: true} to force node to step down.",
	    (long long)now_ms());
}

static void
hand_over(int heir, int64_t waits_ms)
{
	struct world	 w;

	world_enter(&w);
	json_object_set_new(world_self(&w), "waits_until", json_integer(
	    now_ms() + waits_ms));
	world_elect(&w, heir);
	world_leave(&w, true);
}

/* Manual, replSetStepDown; election hand-off makes another one primary. */
json_t *
rule_step_down(const char *db, const json_t *c)
{
	int64_t		 stays = json_int(c, "replSetStepDown", 60);
	int64_t		 catches = json_int(c, "secondaryCatchUpPeriodSecs",
	    10);
	struct world	 w;
	bool		 is_primary;
	json_t		*no;
	int		 heir;

	(void)db;
	world_enter(&w);
	no = no_set(&w);
	is_primary = world_is_primary(&w);
	world_leave(&w, false);
	if (no != NULL)
		return no;
	if (!is_primary)
		return refuse(10107, "NotWritablePrimary", "not primary so "
		    "can't step down");
	if (stays < catches)
		return refuse(2, "BadValue", "stepdown period must be longer "
		    "than secondaryCatchUpPeriodSecs");
	heir = heir_await(catches * 1000);
	if (heir == 0 && !json_flag(c, "force"))
		return no_heir();
	hand_over(heir, stays * 1000);
	return yes(json_object());
}

/* Manual, replSetFreeze. */
json_t *
rule_freeze(const char *db, const json_t *c)
{
	int64_t		 secs = json_int(c, "replSetFreeze", 0);
	struct world	 w;
	json_t		*no;

	(void)db;
	world_enter(&w);
	no = no_set(&w);
	if (no == NULL)
		json_object_set_new(world_self(&w), "waits_until",
		    json_integer(secs == 0 ? 0 : now_ms() + secs * 1000));
	world_leave(&w, true);
	return no != NULL ? no : yes(secs != 0 ? json_object() :
	    json_pack("{s:s}", "info", "unfreezing"));
}

/*
 * Manual, shutdown (quiesce since 5.0: 15 s, or timeoutSecs); seen: neither a
 * lone server nor an arbiter is quiet first, a primary hands over.
 */
bool
rules_shutdown(bool force, int wait_s, json_t **why)
{
	int		 usual = version_from(me, "5.0") ? 15 : 10;
	int		 quiet_s = wait_s < 0 ? usual : wait_s;
	struct world	 w;
	bool		 arbiter, primary;
	int		 heir;
	size_t		 others;

	world_enter(&w);
	others = json_array_size(config_members(&w));
	arbiter = world_is_arbiter(&w, opt.port);
	primary = opt.set != NULL && world_is_primary(&w);
	world_leave(&w, false);
	if (primary && others > 1) {
		heir = heir_await(quiet_s * 1000);
		if (heir == 0 && !force) {
			*why = no_heir();
			return false;
		}
		hand_over(heir, 60000);
	}
	world_enter(&w);
	json_object_set_new(world_self(&w), "stopping", json_true());
	if (primary && others == 1)
		world_elect(&w, 0);
	world_leave(&w, true);
	if (others > 1 && !arbiter && version_from(me, "5.0"))
		usleep((useconds_t)quiet_s * 1000000);
	exit(0);
}

json_t *
rule_shutdown(const char *db, const json_t *c)
{
	json_t	*why = NULL;

	if (strcmp(db, "admin") != 0)
		return refuse(13, "Unauthorized", "shutdown may only be run "
		    "against the admin database.");
	rules_shutdown(json_flag(c, "force"), (int)json_int(c, "timeoutSecs",
	    -1), &why);
	return why;
}

/* Manual, appendOplogNote: only the primary writes; majority or 64. */
json_t *
rule_note(const char *db, const json_t *c)
{
	struct world	 w;
	json_t		*r;

	(void)db;
	(void)c;
	world_enter(&w);
	if ((r = no_set(&w)) == NULL && !world_is_primary(&w))
		r = refuse(10107, "NotWritablePrimary", "not primary");
	if (r == NULL) {
		world_write(&w);
		r = yes(json_object());
	}
	world_leave(&w, true);
	return r;
}

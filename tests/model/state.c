/*
 * What the members of a set know in common: one file beside their dbPaths,
 * under a lock.  Time passes whenever somebody looks: the dead are noticed
 * and a primary is elected.
 */
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define NOOP_S	10	/* periodicNoopIntervalSecs */

static char	*file, *lock_file;

int64_t
now_ms(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *
key_of(int port, char key[16])
{
	snprintf(key, 16, "%d", port);
	return key;
}

json_t *
world_member(const struct world *w, int port)
{
	char	 key[16];

	return json_object_get(json_object_get(w->doc, "members"),
	    key_of(port, key));
}

json_t *
world_self(const struct world *w)
{
	return world_member(w, opt.port);
}

bool
world_is_alive(const json_t *m)
{
	pid_t	 pid = (pid_t)json_int(m, "pid", 0);

	return pid > 0 && proc_start_time(pid) ==
	    (unsigned long long)json_int(m, "start", 0);
}

bool
world_is_primary(const struct world *w)
{
	return opt.set == NULL ||
	    json_int(w->doc, "primary", 0) == opt.port;
}

int
world_port_of(const json_t *m)
{
	const char	*colon = strrchr(json_text(m, "host"), ':');

	return colon == NULL ? 0 : (int)strtol(colon + 1, NULL, 10);
}

static const json_t *
members_of(const struct world *w)
{
	return json_object_get(json_object_get(w->doc, "config"), "members");
}

bool
world_is_arbiter(const struct world *w, int port)
{
	const json_t	*m;
	size_t		 i;

	json_array_foreach (members_of(w), i, m)
		if (world_port_of(m) == port)
			return json_flag(m, "arbiterOnly");
	return false;
}

void
world_votes(const struct world *w, int *alive, int *all)
{
	const json_t	*m;
	size_t		 i;

	*alive = *all = 0;
	json_array_foreach (members_of(w), i, m) {
		if (json_int(m, "votes", 1) == 0)
			continue;
		++*all;
		if (world_is_alive(world_member(w, world_port_of(m))))
			++*alive;
	}
}

/*
 * Manual, core/replica-set-elections: an electable member with the highest
 * priority; who stepped down or is frozen waits (replSetStepDown,
 * replSetFreeze).  Of equals the lowest port.  There is no takeover by a
 * higher priority later on.
 */
int
world_heir(const struct world *w, int but)
{
	const json_t	*m;
	double		 best = 0;
	int		 found = 0;
	size_t		 i;

	json_array_foreach (members_of(w), i, m) {
		int		 port = world_port_of(m);
		const json_t	*now = world_member(w, port);
		const json_t	*p = json_object_get(m, "priority");
		double		 priority = p == NULL ? 1 :
		    json_number_value(p);

		if (port == but || json_flag(m, "arbiterOnly") ||
		    !world_is_alive(now) || json_flag(now, "stopping") ||
		    json_int(now, "waits_until", 0) > now_ms())
			continue;
		if (priority > best || (priority == best && port < found)) {
			best = priority;
			found = port;
		}
	}
	return found;
}

void
world_write(struct world *w)
{
	json_t	*at = json_object_get(w->doc, "optime");
	int64_t	 t = now_ms() / 1000;
	int64_t	 i = t > json_int(at, "t", 0) ? 1 : json_int(at, "i", 0) + 1;

	json_object_set_new(w->doc, "optime", json_pack("{s:I, s:I}", "t",
	    (json_int_t)t, "i", (json_int_t)i));
}

void
world_elect(struct world *w, int port)
{
	json_object_set_new(w->doc, "primary", json_integer(port));
	json_object_set_new(w->doc, "primary_lost", json_integer(0));
	if (port == 0)
		return;
	json_object_set_new(w->doc, "term", json_integer(json_int(w->doc,
	    "term", 0) + 1));
	json_object_set_new(w->doc, "elected", json_integer(now_ms()));
	world_write(w);
}

/* A dead primary is missed after electionTimeoutMillis (manual,
 * reference/replica-configuration). */
static bool
is_missed(struct world *w, int port)
{
	int64_t	 lost = json_int(w->doc, "primary_lost", 0);
	int64_t	 timeout = json_int(json_object_get(json_object_get(w->doc,
	    "config"), "settings"), "electionTimeoutMillis", 10000);

	if (port == 0 || world_is_alive(world_member(w, port)))
		return port == 0;
	if (lost == 0)
		json_object_set_new(w->doc, "primary_lost",
		    json_integer(now_ms()));
	return lost != 0 && now_ms() - lost > timeout;
}

/* No majority, no primary (manual, core/replica-set-elections). */
static void
time_pass(struct world *w)
{
	int	 primary = (int)json_int(w->doc, "primary", 0);
	int	 alive, all, heir;

	if (members_of(w) == NULL)
		return;
	world_votes(w, &alive, &all);
	if (2 * alive <= all) {
		if (primary != 0)
			world_elect(w, 0);
		return;
	}
	if (is_missed(w, primary) && (heir = world_heir(w, 0)) != 0)
		world_elect(w, heir);
	/* Manual, reference/parameters: periodicNoopIntervalSecs. */
	if (now_ms() / 1000 - json_int(json_object_get(w->doc, "optime"),
	    "t", 0) >= NOOP_S && json_int(w->doc, "primary", 0) != 0)
		world_write(w);
}

static void
failed(const char *what)
{
	fprintf(stderr, "model: %s: %s\n", what, strerror(errno));
	exit(100);
}

void
world_enter(struct world *w)
{
	w->lock = open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (w->lock < 0 || flock(w->lock, LOCK_EX) != 0)
		failed(lock_file);
	w->doc = json_load_file(file, 0, NULL);
	if (w->doc == NULL)
		w->doc = json_pack("{s:{}, s:{s:i, s:i}}", "members",
		    "optime", "t", 0, "i", 0);
	time_pass(w);
}

void
world_leave(struct world *w, bool changed)
{
	char	 temp[512];

	(void)changed;	/* time may have passed in any case */
	snprintf(temp, sizeof(temp), "%s.new", file);
	if (json_dump_file(w->doc, temp, JSON_INDENT(1)) != 0 ||
	    rename(temp, file) != 0)
		failed(temp);
	json_decref(w->doc);
	close(w->lock);
}

/* Manual, release-notes/X-upgrade-replica-set, "Prerequisites". */
static void
fcv_check(const json_t *fcv)
{
	const char	*has = json_text(fcv, "version");
	const char	*target = json_str(fcv, "targetVersion");

	if (version_takes(me, has) && (target == NULL ||
	    version_takes(me, target)))
		return;
	printf("{\"s\":\"F\",\"id\":20573,\"msg\":\"Wrong mongod version\","
	    "\"attr\":{\"error\":\"UPGRADE PROBLEM: Found an invalid "
	    "featureCompatibilityVersion document (ERROR: Location4926900: "
	    "Invalid feature compatibility version value '%s')\"}}\n", has);
	exit(62);
}

static void
self_put(struct world *w)
{
	char	 key[16];

	json_object_set_new(json_object_get(w->doc, "members"),
	    key_of(opt.port, key), json_pack("{s:i, s:I, s:s, s:I}", "pid",
	    (int)getpid(), "start", (json_int_t)proc_start_time(getpid()),
	    "version", me->version, "since", (json_int_t)now_ms()));
}

/* An empty dbPath is a new server and has nobody else's state. */
void
state_open(void)
{
	char		*mark = str_format("%s/model", opt.db_path);
	bool		 is_new = access(mark, F_OK) != 0;
	char		*parent = strdup(opt.db_path);
	char		*dir;
	struct world	 w;

	while (parent[1] != '\0' && parent[strlen(parent) - 1] == '/')
		parent[strlen(parent) - 1] = '\0';
	if (strrchr(parent, '/') != NULL)
		*strrchr(parent, '/') = '\0';
	dir = opt.set == NULL ? strdup(opt.db_path) :
	    str_format("%s/model-%s", parent, opt.set);
	if (access(opt.db_path, W_OK) != 0)
		failed(opt.db_path);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		failed(dir);
	file = str_format("%s/state.json", dir);
	lock_file = str_format("%s/lock", dir);
	free(dir);
	free(parent);
	world_enter(&w);
	if (!is_new && json_object_get(w.doc, "fcv") != NULL)
		fcv_check(json_object_get(w.doc, "fcv"));
	/* Manual, setFeatureCompatibilityVersion: a new one has its own. */
	if (opt.set == NULL && json_object_get(w.doc, "fcv") == NULL)
		json_object_set_new(w.doc, "fcv", json_pack("{s:s}",
		    "version", me->major));
	self_put(&w);
	world_leave(&w, true);
	close(open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	free(mark);
}

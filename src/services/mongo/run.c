/*
 * How the process of a member is run: found by the port that it listens on,
 * then by what /proc, the container engines and the package manager tell.
 * Nothing is believed that was not asked: a pid that the server says of itself
 * is only a hint, since in a container it counts from 1.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "run.h"
#include "text_run.def"

#define CGROUP_MAX	65536
#define ASK_TIMEOUT_MS	15000
#define WHY_SIZE	400

/* ---- cgroups */

/* 64 hex digits of a container id somewhere in the line. */
static const char *
id_in(const char *line)
{
	static const char hex[] = "0123456789abcdef";

	for (; *line != '\0'; line++) {
		size_t n = strspn(line, hex);

		if (n == RUN_ID_SIZE - 1)
			return line;
		if (n > 0)
			line += n - 1;
	}
	return NULL;
}

/* The last ".service" of a path, unless a user's own manager runs it. */
static void
unit_read(const char *line, char out[RUN_NAME_SIZE])
{
	const char *slash = strrchr(line, '/');

	if (slash == NULL || !str_ends(slash, ".service") ||
	    strstr(line, "/user.slice/") != NULL ||
	    strlen(slash + 1) >= RUN_NAME_SIZE)
		return;
	snprintf(out, RUN_NAME_SIZE, "%s", slash + 1);
}

void
run_group_parse(const char *text, struct run_group *g)
{
	AUTO_FREE char	*copy = strdup(text);
	char		*save = NULL, *line;
	const char	*id;

	*g = (struct run_group){ .is_pod = false };
	for (line = copy != NULL ? strtok_r(copy, "\n", &save) : NULL;
	    line != NULL; line = strtok_r(NULL, "\n", &save)) {
		g->is_pod = g->is_pod || strstr(line, "/kubepods") != NULL;
		if (g->unit[0] == '\0')
			unit_read(line, g->unit);
		id = g->id[0] == '\0' ? id_in(line) : NULL;
		if (id == NULL)
			continue;
		snprintf(g->id, sizeof(g->id), "%s", id);
		g->is_podman = strstr(line, "libpod") != NULL;
	}
}

/* ---- the process */

/* A program that only passes a container's port on. */
static bool
is_forwarder(const char *exe)
{
	static const char *const names[] = { "docker-proxy", "rootlessport",
		"rootlessport-child", "pasta", "pasta.avx2", "slirp4netns",
		"conmon", "rootlesskit" };
	const char *slash = strrchr(exe, '/');

	for (size_t i = 0; i < LENGTH(names); i++)
		if (strcmp(slash != NULL ? slash + 1 : exe, names[i]) == 0)
			return true;
	return false;
}

/* A program that was replaced on disk is named with " (deleted)". */
static bool
exe_read(pid_t pid, char exe[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	AUTO_FREE char	*path = str_format("/proc/%d/exe", (int)pid);
	ssize_t		 n = path != NULL ?
	    readlink(path, exe, PATH_MAX - 1) : -1;

	exe[n > 0 ? n : 0] = '\0';
	if (str_ends(exe, deleted))
		exe[strlen(exe) - strlen(deleted)] = '\0';
	return n > 0;
}

static void
user_tell(pid_t pid, json_t *run)
{
	AUTO_FREE char	*path = str_format("/proc/%d", (int)pid);
	struct passwd	 pw, *found = NULL;
	char		 room[4096];
	struct stat	 st;

	if (path == NULL || stat(path, &st) < 0)
		return;
	if (getpwuid_r(st.st_uid, &pw, room, sizeof(room), &found) == 0 &&
	    found != NULL)
		json_object_set_new(run, "user", json_string(pw.pw_name));
	else
		json_object_set_new(run, "user", json_sprintf("%u",
		    (unsigned)st.st_uid));
}

/* "NAME: PATH" of dpkg, or just the name of rpm; NULL: of no package. */
static char *
package_ask(struct ctx *ctx, const char *const *argv)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	size_t len;

	if (!proc_exists(argv[0]) || !proc_run(&(struct proc_spec){
	    .argv = argv, .timeout_ms = ASK_TIMEOUT_MS,
	    .cancel = ctx->cancel }, &r, NULL) || r.exit_code != 0)
		return NULL;
	len = strcspn(buf_str(&r.out), ":\n");
	return len > 0 ? strndup(buf_str(&r.out), len) : NULL;
}

static void
package_tell(struct ctx *ctx, const char *exe, json_t *run)
{
	const char *const	 dpkg[] = { "dpkg", "-S", exe, NULL };
	const char *const	 rpm[] = { "rpm", "-qf", "--queryformat",
		"%{NAME}\n", exe, NULL };
	AUTO_FREE char		*name = package_ask(ctx, dpkg);

	if (name == NULL)
		name = package_ask(ctx, rpm);
	json_object_set_new(run, "by", json_string(name != NULL ? "package" :
	    "tarball"));
	if (name != NULL)
		json_object_set_new(run, "package", json_string(name));
}

static void
group_read(pid_t pid, struct run_group *g)
{
	AUTO_FREE char		*path = str_format("/proc/%d/cgroup",
	    (int)pid);
	AUTO_BUF struct buf	 text = BUF_INIT;

	*g = (struct run_group){ .is_pod = false };
	if (path != NULL && file_read(AT_FDCWD, path, CGROUP_MAX, &text, NULL))
		run_group_parse(buf_str(&text), g);
}

/* A process of this host; false: it is a forwarder or in a container. */
static bool
process_tell(struct ctx *ctx, pid_t pid, json_t *run, struct run_group *g,
    char *why, size_t size)
{
	char exe[PATH_MAX];

	if (!exe_read(pid, exe)) {
		snprintf(why, size, T_RUN_EXE, (int)pid);
		return true;
	}
	if (is_forwarder(exe))
		return false;
	group_read(pid, g);
	json_object_set_new(run, "pid", json_integer(pid));
	json_object_set_new(run, "exe", json_string(exe));
	user_tell(pid, run);
	if (g->id[0] != '\0' || g->is_pod)
		return false;
	if (g->unit[0] != '\0')
		json_object_set_new(run, "unit", json_string(g->unit));
	package_tell(ctx, exe, run);
	return true;
}

/* ---- Kubernetes */

/* "mongo-0.mongo.sametime.svc.cluster.local": pod, service, namespace. */
static void
pod_tell(const char *host, json_t *run)
{
	const char	*dot = strchr(host, '.');
	const char	*next = dot != NULL ? strchr(dot + 1, '.') : NULL;
	size_t		 len = dot != NULL ? (size_t)(dot - host) :
	    strlen(host);

	json_object_set_new(run, "by", json_string("kubernetes"));
	json_object_set_new(run, "pod", json_stringn(host, len));
	if (next == NULL)
		return;
	len = strcspn(next + 1, ".");
	if (str_starts(next + 1 + len, ".svc"))
		json_object_set_new(run, "namespace",
		    json_stringn(next + 1, len));
}

static bool
is_pod_name(struct ctx *ctx, const struct run_at *at)
{
	return strstr(at->host, ".svc.") != NULL ||
	    str_ends(at->host, ".svc") || (ctx->site != NULL &&
	    site_kind(ctx->site) == SITE_KUBERNETES && !at->is_here);
}

/* ---- all of it */

/* Behind a forwarder, in a container, or published by a rule alone. */
static void
container_tell(struct ctx *ctx, const struct run_at *at,
    const struct run_group *g, json_t *run, char *why, size_t size)
{
	if (g->is_pod) {
		pod_tell(at->host, run);
		return;
	}
	if (run_container_find(ctx, g->id, at->port, run, why, size))
		return;
	if (g->id[0] != '\0')
		json_object_set_new(run, "by", json_string(g->is_podman ?
		    "podman" : "docker"));
	if (*why == '\0' && g->id[0] != '\0')
		snprintf(why, size, T_RUN_NO_ENGINE);
	else if (*why == '\0')
		snprintf(why, size, T_RUN_SILENT, at->port);
}

static void
local_tell(struct ctx *ctx, const struct run_at *at, pid_t hint, json_t *run,
    char *why, size_t size)
{
	unsigned long long	 inode = run_listener(at);
	struct run_group	 g = { .is_pod = false };
	pid_t			 pid = inode != 0 ?
	    run_inode_pid(inode, hint) : 0;

	json_object_set_new(run, "local", json_true());
	if (pid != 0 && process_tell(ctx, pid, run, &g, why, size))
		return;
	if (inode != 0 && pid == 0)
		snprintf(why, size, T_RUN_HIDDEN, at->port);
	container_tell(ctx, at, &g, run, why, size);
}

json_t *
mongo_run_find(struct ctx *ctx, const char *host_port, pid_t pid)
{
	json_t		*run = json_pack("{s:s, s:b}", "by", "unknown",
	    "local", 0);
	char		 why[WHY_SIZE] = "";
	struct run_at	 at;
	bool		 known;

	if (run == NULL)
		return NULL;
	if (!run_at_split(host_port, &at)) {
		snprintf(why, sizeof(why), T_RUN_FORM, host_port);
	} else {
		known = run_at_resolve(&at, why, sizeof(why));
		if (is_pod_name(ctx, &at))
			pod_tell(at.host, run);
		else if (known && !at.is_here)
			snprintf(why, sizeof(why), T_RUN_ELSEWHERE, at.host);
		else if (known)
			local_tell(ctx, &at, pid, run, why, sizeof(why));
	}
	if (*why != '\0')
		json_object_set_new(run, "why", json_string(why));
	return run;
}

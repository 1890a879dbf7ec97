/* Starts and ends the containers that containers.h describes. */
#include "containers.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define COMMAND_TIMEOUT_MS	120000
#define SOCKET_WAIT_MS		20000
#define IMAGE			"localhost/st/chat-server:lab"

static const char compose_text[] =
    "version: \"3.7\"\n"
    "services:\n"
    "  community:\n"
    "    image: " IMAGE "\n"
    "    env_file: custom.env\n"
    "    command: [\"/bin/sh\", \"-c\", \"trap 'exit 0' TERM;"
    " echo last $$CHANNEL_LAST_N; printf '\\\\033[31mred\\\\n' >&2;"
    " while :; do sleep 1 & wait; done\"]\n"
    "  nginx:\n"
    "    image: " IMAGE "\n"
    "    environment:\n"
    "      - ENABLE_HTTP_REDIRECT=${ENABLE_HTTP_REDIRECT}\n"
    "    volumes:\n"
    "      - ./web:/config\n"
    "    command: [\"/bin/sh\", \"-c\", \"trap 'exit 0' TERM;"
    " while :; do sleep 1 & wait; done\"]\n";

static const char *const applets[] = { "sh", "sleep", "echo", "printf" };

const char *
containers_missing(bool docker)
{
	static const char *const always[] = { "podman", "runc",
	    "podman-compose", "tar" };
	size_t i;

	for (i = 0; i < LENGTH(always); i++)
		if (!proc_exists(always[i]))
			return always[i];
	if (access("/usr/bin/busybox", X_OK) != 0)
		return "busybox-static";
	if (docker && !proc_exists("docker-compose"))
		return "docker-compose";
	return docker && !proc_exists("docker") ? "docker" : NULL;
}

/* In the root of the site; out may be NULL.  Fails the test unless it ends
 * with 0 or fails is allowed. */
static void
command(const struct containers *c, const char *const *argv,
    struct buf *out, bool may_fail)
{
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	struct err	 e = { 0 };

	if (!proc_run(&(struct proc_spec){ .argv = argv, .cwd = c->root,
	    .timeout_ms = COMMAND_TIMEOUT_MS }, &r, &e)) {
		if (!may_fail)
			fail_msg("%s: %s", argv[0], e.msg);
		return;
	}
	if (r.exit_code != 0 && !may_fail)
		fail_msg("%s %s ended with %d: %s", argv[0], argv[1],
		    r.exit_code, buf_str(&r.err));
	if (out != NULL)
		buf_add(out, buf_str(&r.out), r.out.len);
}

static void
put_at(const char *dir, const char *path, const char *text)
{
	AUTO_FREE char	*full = str_format("%s/%s", dir, path);
	AUTO_FREE char	*folder = strdup(full);
	struct err	 e;

	*strrchr(folder, '/') = '\0';
	if (!file_make_dirs(folder, 0755, &e) ||
	    !file_write(AT_FDCWD, full, text, strlen(text), 0644, &e))
		fail_msg("%s", e.msg);
}

void
containers_put(const struct containers *c, const char *path,
    const char *text)
{
	put_at(c->root, path, text);
}

static void
configure(struct containers *c)
{
	AUTO_FREE char	*conf = str_format("%s/containers.conf", c->dir);
	AUTO_FREE char	*storage = str_format("%s/storage.conf", c->dir);
	AUTO_FREE char	*a = str_format("[containers]\n"
	    "default_ulimits = [\"nofile=1000:1000\", \"nproc=1000:1000\"]\n"
	    "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\n"
	    "events_logger = \"file\"\ntmp_dir = \"%s/tmp\"\n"
	    "[network]\nnetwork_config_dir = \"%s/nets\"\n", c->dir, c->dir);
	AUTO_FREE char	*b = str_format("[storage]\ndriver = \"vfs\"\n"
	    "graphroot = \"%s/graph\"\nrunroot = \"%s/run\"\n", c->dir,
	    c->dir);

	put_at(c->dir, "containers.conf", a);
	put_at(c->dir, "storage.conf", b);
	setenv("CONTAINERS_CONF", conf, 1);
	setenv("CONTAINERS_STORAGE_CONF", storage, 1);
}

/* busybox-static is a whole system for a shell that waits. */
static void
image_make(struct containers *c)
{
	AUTO_FREE char	*bin = str_format("%s/rootfs/bin", c->dir);
	AUTO_FREE char	*rootfs = str_format("%s/rootfs", c->dir);
	AUTO_FREE char	*busybox = str_format("%s/busybox", bin);
	AUTO_FREE char	*tar = str_format("%s/rootfs.tar", c->dir);
	char		*link;
	size_t		 i;

	assert_true(file_make_dirs(bin, 0755, NULL));
	command(c, (const char *const[]){ "cp", "/usr/bin/busybox", busybox,
	    NULL }, NULL, false);
	for (i = 0; i < LENGTH(applets); i++) {
		link = str_format("%s/%s", bin, applets[i]);
		assert_int_equal(symlink("busybox", link), 0);
		free(link);
	}
	command(c, (const char *const[]){ "tar", "-C", rootfs, "-cf", tar,
	    ".", NULL }, NULL, false);
	command(c, (const char *const[]){ "podman", "import", tar, IMAGE,
	    NULL }, NULL, false);
}

static void
link_into(const char *bin, const char *program)
{
	const char	*path = getenv("PATH");
	AUTO_FREE char	*all = strdup(path), *to = str_format("%s/%s", bin,
	    program);
	char		*save = NULL, *dir, *from;

	for (dir = strtok_r(all, ":", &save); dir != NULL;
	    dir = strtok_r(NULL, ":", &save)) {
		from = str_format("%s/%s", dir, program);
		if (access(from, X_OK) == 0 && symlink(from, to) == 0) {
			free(from);
			return;
		}
		free(from);
	}
	fail_msg("%s is not on PATH", program);
}

/* The socket that docker speaks to, and a PATH without podman. */
static void
socket_start(struct containers *c)
{
	AUTO_FREE char	*file = str_format("%s/socket", c->dir);
	AUTO_FREE char	*url = str_format("unix://%s", file);
	AUTO_FREE char	*bin = str_format("%s/bin", c->dir);
	int64_t		 end = clock_mono_ms(&clock_system) + SOCKET_WAIT_MS;
	int		 null;

	c->socket = fork();
	if (c->socket == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execlp("podman", "podman", "system", "service", "-t", "0",
		    url, (char *)NULL);
		_exit(127);
	}
	assert_true(c->socket > 0);
	while (access(file, F_OK) != 0) {
		assert_true(clock_mono_ms(&clock_system) < end);
		cancel_wait(NULL, 20);
	}
	setenv("DOCKER_HOST", url, 1);
	assert_true(file_make_dirs(bin, 0755, NULL));
	link_into(bin, "docker");
	link_into(bin, "docker-compose");
	setenv("PATH", bin, 1);
}

void
containers_start(struct containers *c, bool docker)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->dir, sizeof(c->dir), "/tmp/stconsole-containers-XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	c->root = str_format("%s/sametime", c->dir);
	c->state = str_format("%s/state", c->dir);
	c->path = strdup(getenv("PATH"));
	c->compose = docker ? "docker-compose" : "podman-compose";
	assert_true(file_make_dirs(c->root, 0755, NULL));
	configure(c);
	image_make(c);
	if (docker)
		socket_start(c);
}

static bool
is_running(const struct containers *c, const char *service)
{
	AUTO_JSON json_t *one = containers_inspect(c, service);

	return strcmp(json_text(json_object_get(one, "State"), "Status"),
	    "running") == 0;
}

/* As containers_up leaves it: taking all down and up costs seconds. */
static bool
is_as_first(const struct containers *c)
{
	return is_running(c, "community") && is_running(c, "nginx") &&
	    strcmp(containers_env(c, "community", "CHANNEL_LAST_N"),
	    "3") == 0 && strcmp(containers_env(c, "nginx",
	    "ENABLE_HTTP_REDIRECT"), "1") == 0;
}

/*
 * A bridge gets its name from what the host has when it is made: two labs at
 * once would choose the same.
 */
static int
bridges_lock(void)
{
	int fd = open("/tmp/stconsole-containers.lock",
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

void
containers_up(struct containers *c)
{
	AUTO_CLOSE int	 lock = bridges_lock();
	bool		 is_up = is_as_first(c);

	if (!is_up)
		containers_down(c);
	containers_put(c, "docker-compose.yml", compose_text);
	containers_put(c, "custom.env",
	    "# by the customer\nCHANNEL_LAST_N=3\n");
	containers_put(c, ".env", "ENABLE_HTTP_REDIRECT=1\n"
	    "RESTART_POLICY=always\n");
	containers_put(c, "web/site.conf", "server {}\n");
	if (!is_up)
		command(c, (const char *const[]){ c->compose, "up", "-d",
		    NULL }, NULL, false);
}

void
containers_down(struct containers *c)
{
	AUTO_FREE char *file = str_format("%s/docker-compose.yml", c->root);

	if (access(file, F_OK) == 0)
		command(c, (const char *const[]){ c->compose, "down", "-t",
		    "2", NULL }, NULL, true);
}

void
containers_stop(struct containers *c)
{
	int status;

	containers_down(c);
	setenv("PATH", c->path, 1);
	unsetenv("DOCKER_HOST");
	command(c, (const char *const[]){ "podman", "rm", "-a", "-f", "-t",
	    "1", NULL }, NULL, true);
	command(c, (const char *const[]){ "podman", "network", "prune", "-f",
	    NULL }, NULL, true);
	if (c->socket > 0) {
		kill(c->socket, SIGTERM);
		waitpid(c->socket, &status, 0);
	}
	assert_true(file_remove_tree(c->dir, NULL));
	unsetenv("CONTAINERS_CONF");
	unsetenv("CONTAINERS_STORAGE_CONF");
	free(c->root);
	free(c->state);
	free(c->path);
}

/* ---- looking */

json_t *
containers_inspect(const struct containers *c, const char *service)
{
	const char	*engine = c->socket > 0 ? "docker" : "podman";
	AUTO_FREE char	*filter = str_format(
	    "label=com.docker.compose.service=%s", service);
	AUTO_BUF struct buf id = BUF_INIT, text = BUF_INIT;
	AUTO_JSON json_t *list = NULL;

	command(c, (const char *const[]){ engine, "ps", "-a", "-q",
	    "--no-trunc", "--filter", filter, NULL }, &id, false);
	if (id.len == 0)
		return NULL;
	id.data[strcspn(id.data, "\r\n")] = '\0';
	command(c, (const char *const[]){ engine, "inspect", id.data, NULL },
	    &text, false);
	list = json_parse(buf_str(&text), text.len, NULL);
	return json_incref(json_array_get(list, 0));
}

const char *
containers_env(const struct containers *c, const char *service,
    const char *name)
{
	static char		 value[128];
	AUTO_JSON json_t	*one = containers_inspect(c, service);
	AUTO_FREE char		*begin = str_format("%s=", name);
	json_t			*v;
	size_t			 i;

	value[0] = '\0';
	json_array_foreach(json_object_get(json_object_get(one, "Config"),
	    "Env"), i, v)
		if (str_starts(json_string_value(v), begin))
			snprintf(value, sizeof(value), "%s",
			    json_string_value(v) + strlen(begin));
	return value;
}

char *
containers_id(const struct containers *c, const char *service)
{
	AUTO_JSON json_t *one = containers_inspect(c, service);

	assert_non_null(one);
	return strdup(json_text(one, "Id"));
}

char *
containers_token(const struct containers *c, const char *service)
{
	AUTO_JSON json_t *one = containers_inspect(c, service);

	assert_non_null(one);
	return str_format("%s@%s", json_text(one, "Id"),
	    json_text(json_object_get(one, "State"), "StartedAt"));
}

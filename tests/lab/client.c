/*
 * A user of a lab, as lab.h tells it: start the program, wait for "ready",
 * hold the shared lock, read lab.json.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define FACTS_MAX	(1024 * 1024)
#define ARGS_MAX	20
#define UP_MAX		4

/* Beside this program or up to four folders above it. */
static char *
program_find(struct err *e)
{
	char	 exe[PATH_MAX];
	ssize_t	 n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	for (int up = 0; n > 0 && up <= UP_MAX; up++) {
		AUTO_FREE char	*path = NULL;
		char		*slash = NULL;

		exe[n] = '\0';
		slash = strrchr(exe, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		n = slash - exe;
		path = str_format("%s/stconsole-lab", exe);
		if (path != NULL && access(path, X_OK) == 0)
			return TAKE(path);
	}
	err_set(e, ERR_PROC, ENOENT, T_LAB_NO_PROGRAM);
	err_hint(e, T_LAB_NO_PROGRAM_HINT);
	return NULL;
}

struct args {
	const char	*v[ARGS_MAX];
	size_t		 n;
};

static void
args_add(struct args *a, const char *name, const char *value)
{
	if (value == NULL)
		return;
	a->v[a->n++] = name;
	a->v[a->n++] = value;
}

/*
 * The supervisor must hold none of our descriptors: an inherited lock on
 * users would keep the lab alive for ever.
 */
static void
child_exec(const char *program, const struct args *a, int out)
{
	sigset_t	 none;
	int		 null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(out, 1);
	close_range(3, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	execv(program, (char *const *)(uintptr_t)a->v);
	_exit(127);
}

static bool
ready_wait(int fd, struct err *e)
{
	char	 line[64] = "";
	size_t	 have = 0;
	ssize_t	 n = 0;

	while (have < sizeof(line) - 1) {
		n = read(fd, line + have, sizeof(line) - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		line[have] = '\0';
		if (strchr(line, '\n') != NULL)
			break;
	}
	if (str_equal(line, "ready\n"))
		return true;
	return err_set(e, ERR_PROC, 0, T_LAB_START);
}

static bool
supervisor_start(struct lab *l, const char *program, const struct args *a,
    struct err *e)
{
	int	 fds[2] = { -1, -1 };
	bool	 ok = false;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(e, T_LAB_SPAWN, program);
	l->supervisor = fork();
	if (l->supervisor == 0)
		child_exec(program, a, fds[1]);
	close(fds[1]);
	if (l->supervisor < 0) {
		l->supervisor = 0;
		err_sys(e, T_LAB_SPAWN, program);
	} else {
		ok = ready_wait(fds[0], e);
	}
	close(fds[0]);
	return ok;
}

/* A name that nobody has: the lab makes the folder itself. */
static char *
dir_invent(void)
{
	static int	 nth;

	return str_format("/tmp/stconsole-lab.%d.%llu.%d", (int)getpid(),
	    proc_start_time(getpid()), ++nth);
}

static bool
users_lock(struct lab *l, struct err *e)
{
	AUTO_FREE char	*path = str_format("%s/users", l->dir);

	if (path == NULL)
		return err_nomem(e);
	l->users_fd = open(path, O_RDWR | O_CLOEXEC);
	if (l->users_fd < 0)
		return err_set(e, ERR_PROC, errno, T_LAB_GONE, l->dir);
	while (flock(l->users_fd, LOCK_SH) != 0) {
		if (errno != EINTR)
			return err_sys(e, "%s", path);
	}
	return true;
}

static bool
facts_read(struct lab *l, struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/lab.json", l->dir);
	json_t			*boss = NULL;
	pid_t			 pid = 0;

	l->texts = json_object();
	if (path == NULL || l->texts == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return err_set(e, ERR_PROC, 0, T_LAB_GONE, l->dir);
	if (!file_read(AT_FDCWD, path, FACTS_MAX, &b, e))
		return false;
	l->facts = json_parse(buf_str(&b), b.len, e);
	if (l->facts == NULL)
		return false;
	boss = json_object_get(l->facts, "supervisor");
	pid = (pid_t)json_int(boss, "pid", 0);
	if (pid <= 1 || proc_start_time(pid) !=
	    (unsigned long long)json_int(boss, "start", 0))
		return err_set(e, ERR_PROC, 0, T_LAB_GONE, l->dir);
	return true;
}

bool
lab_attach(struct lab *l, const char *dir, struct err *e)
{
	*l = (struct lab)LAB_INIT;
	l->dir = strdup(dir);
	if (l->dir == NULL)
		return err_nomem(e);
	if (users_lock(l, e) && facts_read(l, e))
		return true;
	lab_stop(l);
	return false;
}

bool
lab_start(struct lab *l, const struct lab_options *o, struct err *e)
{
	static const struct lab_options	 usual;
	AUTO_FREE char			*program = program_find(e);
	struct args			 a = { .n = 0 };
	char				 members[16];

	*l = (struct lab)LAB_INIT;
	if (program == NULL)
		return false;
	o = o == NULL ? &usual : o;
	l->dir = o->dir == NULL ? dir_invent() : strdup(o->dir);
	if (l->dir == NULL)
		return err_nomem(e);
	snprintf(members, sizeof(members), "%d", o->members);
	a.v[a.n++] = program;
	args_add(&a, "run", l->dir);
	args_add(&a, "--kind", o->kind);
	args_add(&a, "--without", o->without);
	args_add(&a, "--mongod", o->mongod);
	args_add(&a, "--admin-path", o->admin_path);
	args_add(&a, "--members", o->members == 0 ? NULL : members);
	if (o->keeps)
		a.v[a.n++] = "--keep";
	if (supervisor_start(l, program, &a, e) && users_lock(l, e) &&
	    facts_read(l, e))
		return true;
	if (l->supervisor > 0)
		kill(l->supervisor, SIGTERM);
	lab_stop(l);
	return false;
}

/*
 * With other users the lab goes on, and waiting for its end would be waiting
 * for them.
 */
void
lab_stop(struct lab *l)
{
	bool	 last = l->users_fd < 0 ||
	    flock(l->users_fd, LOCK_EX | LOCK_NB) == 0;

	mem_close_at(&l->users_fd);
	while (l->supervisor > 0 && last &&
	    waitpid(l->supervisor, NULL, 0) < 0 && errno == EINTR)
		continue;
	json_decref(l->facts);
	json_decref(l->texts);
	free(l->dir);
	*l = (struct lab)LAB_INIT;
}

bool
lab_has(const struct lab *l, const char *server)
{
	return json_object_get(l->facts, server) != NULL;
}

const char *
lab_dir(const struct lab *l)
{
	return l->dir == NULL ? "" : l->dir;
}

const char *
lab_site(const struct lab *l)
{
	return json_text(l->facts, "site");
}

const char *
lab_ca_file(const struct lab *l)
{
	return json_text(l->facts, "ca");
}

const char *
lab_fact_text(const struct lab *l, const char *server, const char *name)
{
	return json_text(json_object_get(l->facts, server), name);
}

int
lab_fact_number(const struct lab *l, const char *server, const char *name)
{
	return (int)json_int(json_object_get(l->facts, server), name, 0);
}

const char *
lab_secret_text(struct lab *l, const char *name)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/secrets/%s", l->dir,
	    name);
	const char		*known = json_str(l->texts, name);

	if (known != NULL)
		return known;
	if (path == NULL || !file_read(AT_FDCWD, path, FACTS_MAX, &b, NULL))
		return "";
	json_object_set_new(l->texts, name, json_string(buf_str(&b)));
	return json_text(l->texts, name);
}

const char *
lab_ldap_uri(const struct lab *l)
{
	return lab_fact_text(l, "ldap", "uri");
}

const char *
lab_ldaps_uri(const struct lab *l)
{
	return lab_fact_text(l, "ldap", "tls_uri");
}

const char *
lab_ldap_base(const struct lab *l)
{
	return lab_fact_text(l, "ldap", "base");
}

const char *
lab_mongo_url(struct lab *l)
{
	return lab_secret_text(l, "mongo-user-url");
}

const char *
lab_api_url(const struct lab *l)
{
	return lab_fact_text(l, "api", "url");
}

pid_t
lab_mongod_pid(const struct lab *l, size_t n)
{
	const json_t	*mongo = json_object_get(l->facts, "mongo");

	return (pid_t)json_int(json_array_get(json_object_get(mongo,
	    "members"), n), "pid", 0);
}

pid_t
lab_slapd_pid(const struct lab *l)
{
	return lab_fact_number(l, "ldap", "pid");
}

pid_t
lab_api_pid(const struct lab *l)
{
	return lab_fact_number(l, "api", "pid");
}

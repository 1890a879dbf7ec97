/*
 * The processes of a private MongoDB: by default a replica set with a key
 * file and TLS required; struct lab_mongod says what is otherwise.
 * lab_mongod_launch() only starts them, so that they come up while other
 * parts are being prepared.
 */
#include "mongod.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "stconsole/buf.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "text.def"

#define DEFAULT_VERSION	"6.0.5"
#define KEY_BYTES	300
#define WORDS_MAX	64

/* The program of a version in the cache, with what it needs to load. */
char *
lab_mongod_cached(const char *version)
{
	AUTO_FREE char	*name = str_format("mongod/%s/mongod", version);
	char		*path = name == NULL ? NULL : lab_cache_path(name);

	if (path != NULL && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* NULL when there is none: already noted as missing. */
static char *
mongod_find(struct lab_house *h)
{
	const char	*wanted = h->run->mongod;
	AUTO_FREE char	*how = NULL;
	AUTO_FREE char	*fetch = NULL;
	char		*path = lab_mongod_cached(wanted != NULL ? wanted :
	    DEFAULT_VERSION);

	if (path == NULL && wanted == NULL && proc_exists("mongod"))
		path = strdup("mongod");
	if (path != NULL)
		return path;
	fetch = lab_fetch_find(h->run->sites);
	how = str_format(T_LAB_MISSING_MONGOD, fetch == NULL ?
	    "tests/lab/fetch" : fetch,
	    wanted != NULL ? wanted : DEFAULT_VERSION);
	lab_missing(h, "mongod", how == NULL ? "" : how);
	return NULL;
}

static bool
key_file_write(struct lab_house *h, struct err *e)
{
	char		 hex[2 * KEY_BYTES + 1];
	AUTO_FREE char	*path = lab_path(h, "mongo/keyfile");

	if (path == NULL)
		return err_nomem(e);
	return digest_random_hex(KEY_BYTES, hex, e) &&
	    file_write(AT_FDCWD, path, hex, strlen(hex), 0400, e);
}

/* The words of a member's argv; malloc'd. */
struct words {
	char	*v[WORDS_MAX + 1];
	size_t	 n;
	bool	 failed;
};

static void	 words_put(struct words *w, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

static void
words_put(struct words *w, const char *fmt, ...)
{
	va_list	 ap;
	char	*word = NULL;

	va_start(ap, fmt);
	if (w->n == WORDS_MAX || vasprintf(&word, fmt, ap) < 0)
		w->failed = true;
	else
		w->v[w->n++] = word;
	va_end(ap);
}

static void
words_fini(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
}

static const char *
addresses(const struct lab_house *h)
{
	return h->has_ipv6 ? "127.0.0.1,::1" : "127.0.0.1";
}

static void
words_options(const struct lab_house *h, int n, struct words *w)
{
	const struct lab_mongod	*m = &h->run->mongo;

	words_put(w, "--dbpath");
	words_put(w, "%s/mongo/data%d", h->dir, n);
	words_put(w, "--port");
	words_put(w, "%d", h->mongo_ports[n]);
	words_put(w, "--bind_ip");
	words_put(w, "%s", addresses(h));
	words_put(w, "--nounixsocket");
	words_put(w, "--wiredTigerCacheSizeGB");
	words_put(w, "0.25");
	words_put(w, "--setParameter");
	words_put(w, "diagnosticDataCollectionEnabled=false");
	if (h->has_ipv6)
		words_put(w, "--ipv6");
	if (!m->is_alone) {
		words_put(w, "--replSet");
		words_put(w, "rs0");
		words_put(w, "--oplogSize");
		words_put(w, "64");
	}
	if (!m->has_no_auth)
		words_put(w, "--auth");
	if (!m->has_no_auth && !m->is_alone) {
		words_put(w, "--keyFile");
		words_put(w, "%s/mongo/keyfile", h->dir);
	}
	if (m->has_no_tls)
		return;
	words_put(w, "--tlsMode");
	words_put(w, "requireTLS");
	words_put(w, "--tlsCertificateKeyFile");
	words_put(w, "%s/tls/mongod.pem", h->dir);
	words_put(w, "--tlsCAFile");
	words_put(w, "%s/tls/ca.pem", h->dir);
	words_put(w, "--tlsAllowConnectionsWithoutCertificates");
}

/* The same as mongod.conf, in the layout of the packages' own. */
static bool
config_write(const struct lab_house *h, int n, struct err *e)
{
	const struct lab_mongod	*m = &h->run->mongo;
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*name = str_format("mongo/mongod%d.conf", n);

	buf_printf(&b, "# member %d\nstorage:\n  dbPath: %s/mongo/data%d\n"
	    "  wiredTiger:\n    engineConfig:\n      cacheSizeGB: 0.25\n",
	    n, h->dir, n);
	buf_printf(&b, "net:\n  port: %d\n  bindIp: %s\n  ipv6: %s\n"
	    "  unixDomainSocket:\n    enabled: false\n", h->mongo_ports[n],
	    addresses(h), h->has_ipv6 ? "true" : "false");
	if (!m->has_no_tls)
		buf_printf(&b, "  tls:\n    mode: requireTLS\n"
		    "    certificateKeyFile: %s/tls/mongod.pem\n"
		    "    CAFile: %s/tls/ca.pem\n"
		    "    allowConnectionsWithoutCertificates: true\n",
		    h->dir, h->dir);
	if (!m->is_alone)
		buf_puts(&b, "replication:\n  replSetName: rs0\n"
		    "  oplogSizeMB: 64\n");
	if (!m->has_no_auth)
		buf_puts(&b, "security:\n  authorization: enabled\n");
	if (!m->has_no_auth && !m->is_alone)
		buf_printf(&b, "  keyFile: %s/mongo/keyfile\n", h->dir);
	buf_puts(&b, "setParameter:\n"
	    "  diagnosticDataCollectionEnabled: false\n");
	if (name == NULL)
		return err_nomem(e);
	return buf_ok(&b, e) && lab_write(h, name, buf_str(&b), 0600, e);
}

/* A file that is there already stays: a test may have changed it. */
static bool
config_need(const struct lab_house *h, int n, struct words *w,
    struct err *e)
{
	AUTO_FREE char	*path = lab_path(h, "mongo/mongod%d.conf", n);

	if (path == NULL)
		return err_nomem(e);
	words_put(w, "--config");
	words_put(w, "%s", path);
	return access(path, F_OK) == 0 || config_write(h, n, e);
}

/*
 * Its own parent, so that who waits for the end of the server by its id does
 * not see one that ended and was not reaped.
 */
static int
nurse(void *arg)
{
	char *const	*argv = arg;
	pid_t		 self = getpid();
	pid_t		 pid = fork();
	int		 status = 0;

	if (pid < 0)
		return 126;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == self)
			execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static pid_t
member_spawn(struct lab_house *h, int n, struct words *w, struct err *e)
{
	AUTO_FREE char	*log = lab_path(h, "log/mongod%d", n);
	AUTO_FREE char	*libs = lab_cache_path("mongod/libssl1.1");
	AUTO_FREE char	*was = NULL;
	const char	*old = getenv("LD_LIBRARY_PATH");
	pid_t		 pid = -1;

	w->v[w->n] = NULL;
	if (w->failed || log == NULL || (old != NULL &&
	    (was = strdup(old)) == NULL)) {
		err_nomem(e);
		return -1;
	}
	/* The build for OpenSSL 3 takes no harm from a path without it. */
	setenv("LD_LIBRARY_PATH", libs == NULL ? "" : libs, 1);
	if (h->run->mongo.has_nurse)
		pid = lab_fork(h, nurse, w->v, log, e);
	else
		pid = lab_spawn(h, (const char *const *)w->v, NULL, log, e);
	if (was == NULL)
		unsetenv("LD_LIBRARY_PATH");
	else
		setenv("LD_LIBRARY_PATH", was, 1);
	return pid;
}

bool
lab_member_launch(struct lab_house *h, const char *program, int n,
    struct err *e)
{
	const struct lab_mongod	*m = &h->run->mongo;
	AUTO_FREE char		*data = lab_path(h, "mongo/data%d", n);
	struct words		 w = { .n = 0 };

	if (data == NULL)
		return err_nomem(e);
	if (h->mongo_ports[n] == 0)
		h->mongo_ports[n] = lab_port_free();
	if (h->mongo_ports[n] == 0)
		return err_set(e, ERR_SYS, 0, T_LAB_PORT);
	h->mongods[n] = -1;
	words_put(&w, "%s", program);
	if (!m->has_config_file)
		words_options(h, n, &w);
	for (size_t i = 0; m->extra != NULL && m->extra[i] != NULL; i++)
		words_put(&w, "%s", m->extra[i]);
	if ((!m->has_config_file || config_need(h, n, &w, e)) &&
	    file_make_dirs(data, 0700, e))
		h->mongods[n] = member_spawn(h, n, &w, e);
	words_fini(&w);
	return h->mongods[n] > 0;
}

bool
lab_mongod_launch(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*program = h->run->mongo.program != NULL ?
	    strdup(h->run->mongo.program) : mongod_find(h);

	if (program == NULL)
		return true;
	if (!key_file_write(h, e))
		return false;
	for (int n = 0; n < h->run->members; n++) {
		if (!lab_member_launch(h, program, n, e))
			return false;
	}
	return true;
}

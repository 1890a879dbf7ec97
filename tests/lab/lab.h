/*
 * The lab: real peers on loopback for one test program or one demo.
 *
 * The protocol, for whoever does not link this (--site demo uses only it):
 *   1. Run "stconsole-lab run DIR [options]"; DIR must not exist.  Read its
 *      stdout: the line "ready" means that all is up and DIR/lab.json is
 *      whole; end of file without it means failure, told on stderr, with
 *      exit status 3 when DIR is there already.  Give it a session of its
 *      own (setsid), or Ctrl-C at the terminal ends it.
 *   2. Open DIR/users and take a shared flock on it (it waits while a lab is
 *      just going down).  Then read DIR/lab.json: when it is missing, or its
 *      supervisor's pid has another start time than /proc/PID/stat field 22,
 *      there is no lab.  As long as the descriptor is open the lab stays; it
 *      ends with the last user, or when none comes within 30 s of "ready".
 *   3. lab.json: format, kind, dir, site (the demo site's folder), ca (root
 *      certificate), supervisor {pid, start}; ldap {pid, start, host, port,
 *      tls_port, uri, tls_uri, base, root|bind|ordinary|tight {dn,
 *      password_file}}; mongo {set, host, port, members [{pid, start, port}],
 *      account|cluster_admin|monitor|root {user, password_file, url_file}};
 *      api {pid, start, host, port, url, admin_path, user, password_file};
 *      missing [{what, how}].  A server that was not wanted or is missing
 *      has no member.  Files named in it are relative to dir.  Passwords are
 *      only in secrets/, 0600, new for each run.
 * SIGTERM to the supervisor ends a lab at once; after its kill -9 the kernel
 * ends the servers and "stconsole-lab clean", which every start runs, removes
 * the folder.
 *
 * The rest of this header is for tests in C.  Not thread-safe: one struct
 * lab, one thread.
 */
#ifndef STCONSOLE_LAB_H
#define STCONSOLE_LAB_H

#include <jansson.h>
#include <sys/types.h>

#include "stconsole/err.h"

struct lab {
	char	*dir;
	int	 users_fd;
	pid_t	 supervisor;	/* ours to reap; 0 when only attached */
	json_t	*facts;		/* lab.json */
	json_t	*texts;		/* secrets read so far */
};

struct lab_options {
	const char	*dir;		/* NULL: a new name below /tmp */
	const char	*kind;		/* NULL: docker */
	const char	*without;	/* "mongo,ldap,api", or NULL */
	const char	*mongod;	/* version as fetched, or NULL */
	const char	*admin_path;	/* of the API, or NULL */
	int		 members;	/* of the replica set, 0: 1 */
	bool		 keeps;		/* the folder stays at the end */
};

#define LAB_INIT	{ NULL, -1, 0, NULL, NULL }

/*
 * Starts a lab and becomes its user; options may be NULL.  False leaves
 * nothing running; what the lab said is on our stderr.
 */
bool	 lab_start(struct lab *l, const struct lab_options *options,
	     struct err *e);
/* Becomes a further user of the lab in dir. */
bool	 lab_attach(struct lab *l, const char *dir, struct err *e);
/*
 * Stops being a user and frees; waits until all is gone when the lab was
 * started here and has no other user.  Again is fine.
 */
void	 lab_stop(struct lab *l);
/* True when that server runs: "ldap", "mongo", "api". */
bool	 lab_has(const struct lab *l, const char *server);

/* Borrowed until lab_stop(); "" for what is not there. */
const char *lab_dir(const struct lab *l);
const char *lab_site(const struct lab *l);
const char *lab_ca_file(const struct lab *l);
/* A string of lab.json by path: lab_fact_text(l, "ldap", "uri"). */
const char *lab_fact_text(const struct lab *l, const char *server,
	     const char *name);
int	 lab_fact_number(const struct lab *l, const char *server,
	     const char *name);
/* The content of secrets/NAME: "ldap-bind", "mongo-user-url", ... */
const char *lab_secret_text(struct lab *l, const char *name);
const char *lab_ldap_uri(const struct lab *l);
const char *lab_ldaps_uri(const struct lab *l);
const char *lab_ldap_base(const struct lab *l);
/* The connection string of sametimeUser, percent-encoded, with TLS. */
const char *lab_mongo_url(struct lab *l);
const char *lab_api_url(const struct lab *l);
/* Process id of member n of the replica set, of slapd, of the API server. */
pid_t	 lab_mongod_pid(const struct lab *l, size_t n);
pid_t	 lab_slapd_pid(const struct lab *l);
pid_t	 lab_api_pid(const struct lab *l);

#endif

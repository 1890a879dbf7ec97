/*
 * What the parts of one running lab share.  Only the supervisor's own thread
 * touches it; the API server works on the copy that fork gave it.
 *
 * Every part has one lab_NAME_start(): it starts its processes, waits until
 * they answer and adds its facts (for lab.json) and words (for the @WORD@
 * places of the demo sites' templates).
 */
#ifndef STCONSOLE_LAB_HOUSE_H
#define STCONSOLE_LAB_HOUSE_H

#include <jansson.h>
#include <sys/types.h>

#include "stconsole/err.h"

#define LAB_CHILDREN_MAX	16
#define LAB_MEMBERS_MAX		7

enum lab_part {
	LAB_LDAP = 1,
	LAB_MONGO = 2,
	LAB_API = 4
};

/* How the MongoDB is; all zero: a set with accounts and TLS. */
struct lab_mongod {
	bool		 is_alone;	/* no replica set */
	bool		 has_no_auth;
	bool		 has_no_tls;
	bool		 has_arbiter;	/* the last member is one */
	bool		 has_config_file;	/* mongo/mongodN.conf */
	bool		 has_no_data;	/* accounts and documents */
	bool		 has_nurse;	/* is reaped without us, once ended */
	const char	*program;	/* NULL: by version, see below */
	const char	*const *extra;	/* further words of argv, or NULL */
};

struct lab_run {
	const char	*dir;
	const char	*kind;		/* docker, kubernetes, windows */
	const char	*sites;		/* NULL: searched */
	const char	*mongod;	/* version, NULL: 6.0.5 or PATH */
	const char	*admin_path;	/* of the API, NULL: the usual guess */
	unsigned	 without;	/* enum lab_part, or'ed */
	int		 members;
	struct lab_mongod mongo;
	int		 linger_s;
	bool		 stays;
	bool		 keeps;
};

struct lab_child {
	pid_t			 pid;
	unsigned long long	 start;	/* ticks, /proc/PID/stat field 22 */
};

struct lab_house {
	const struct lab_run	*run;
	char			*dir;		/* absolute */
	char			*record;	/* path in the registry */
	int			 record_fd;
	int			 pids_fd;
	int			 users_fd;
	bool			 has_ipv6;
	struct lab_child	 children[LAB_CHILDREN_MAX];
	size_t			 children_len;
	pid_t			 mongods[LAB_MEMBERS_MAX];
	int			 mongo_ports[LAB_MEMBERS_MAX];
	json_t			*facts;
	json_t			*missing;
	json_t			*words;
	json_t			*secrets;	/* never in lab.json */
};

/* house.c: the folder and what is in it. */
bool	 lab_house_open(struct lab_house *h, const struct lab_run *run,
	     struct err *e);
void	 lab_house_close(struct lab_house *h);
/* malloc'd "DIR/printf", NULL when memory is gone. */
char	*lab_path(const struct lab_house *h, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));
bool	 lab_word(struct lab_house *h, const char *name, const char *fmt, ...)
	     __attribute__((format(printf, 3, 4)));
const char *lab_word_get(const struct lab_house *h, const char *name);
/*
 * A random password with prefix, drawn at the first call and kept in
 * secrets/NAME; borrowed, or NULL.
 */
const char *lab_secret(struct lab_house *h, const char *name,
	     const char *prefix, struct err *e);
/* Writes a secret that somebody else made into secrets/NAME. */
bool	 lab_secret_put(struct lab_house *h, const char *name,
	     const char *value, struct err *e);
bool	 lab_write(const struct lab_house *h, const char *name,
	     const char *text, mode_t mode, struct err *e);
bool	 lab_missing(struct lab_house *h, const char *what, const char *how);
/* Takes the reference in value. */
bool	 lab_fact(struct lab_house *h, const char *name, json_t *value,
	     struct err *e);
bool	 lab_house_publish(struct lab_house *h, struct err *e);
/* The cache folder for name, made; NULL when there is none to be had. */
char	*lab_cache_path(const char *name);

/* child.c: processes that end with this one. */
/* Starts argv, output appended to log (a path); -1 on failure. */
pid_t	 lab_spawn(struct lab_house *h, const char *const *argv,
	     const char *env, const char *log, struct err *e);
/* As lab_spawn, but runs work(arg) in a fork; its return is the exit code. */
pid_t	 lab_fork(struct lab_house *h, int (*work)(void *arg), void *arg,
	     const char *log, struct err *e);
/* Waits for the end of a child; its exit code, 128 + signal. */
int	 lab_child_wait(struct lab_house *h, pid_t pid);
bool	 lab_child_ended(struct lab_house *h, pid_t pid);
/* Notes the end of a child that was reaped. */
void	 lab_child_forget(struct lab_house *h, pid_t pid);
/* Kills all that are left and waits for each. */
void	 lab_children_end(struct lab_house *h, int sig);
unsigned long long lab_child_start(const struct lab_house *h, pid_t pid);
/* {"pid", "start"} for lab.json. */
json_t	*lab_child_fact(const struct lab_house *h, pid_t pid);
/* The last line of a log, for an error text. */
void	 lab_log_tail(const char *log, char *out, size_t size);
/* A free loopback port below the range that connections draw from; 0. */
int	 lab_port_free(void);
bool	 lab_has_ipv6(void);
/* Polls ready(arg) with growing pauses; false at the end of pid or time. */
bool	 lab_wait_ready(struct lab_house *h, pid_t pid, const char *what,
	     const char *log, int seconds, bool (*ready)(void *arg),
	     void *arg, struct err *e);
bool	 lab_port_answers(void *port);

/* registry.c: what a killed lab left is found by these records. */
bool	 lab_registry_add(struct lab_house *h, struct err *e);
bool	 lab_registry_child(struct lab_house *h, pid_t pid,
	     unsigned long long start, struct err *e);
bool	 lab_registry_clean(struct err *e);

/* tls.c: tls/, and who trusts it. */
bool	 lab_tls_make(struct lab_house *h, struct err *e);

/* people.c: the directory's content as LDIF. */
struct buf;
#define LAB_PEOPLE	5000
void	 lab_people_ldif(struct buf *out);

bool	 lab_slapd_start(struct lab_house *h, struct err *e);
bool	 lab_mongod_launch(struct lab_house *h, struct err *e);
bool	 lab_mongod_prepare(struct lab_house *h, struct err *e);
bool	 lab_api_start(struct lab_house *h, struct err *e);

/* site.c */
bool	 lab_site_write(struct lab_house *h, struct err *e);
/* The folder of the templates, malloc'd, or NULL. */
char	*lab_sites_find(const char *given, struct err *e);
/* The script fetch beside that folder, malloc'd, or NULL. */
char	*lab_fetch_find(const char *given_sites);

/* supervise.c: the whole life of a lab; the exit code. */
int	 lab_supervise(const struct lab_run *run);

#endif

/*
 * Real MongoDB servers of chosen versions on loopback for one test program,
 * and a site whose files name them.  A server that the program under test
 * restarts with another binary is still this lab's: it finds them by their
 * port and ends all of them at the end, by id.
 */
#ifndef TESTS_MONGO_LAB_H
#define TESTS_MONGO_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MONGO_LAB_MEMBERS	5

struct mongo_lab_spec {
	const char	*version;	/* "4.2" "4.4" "5.0" "6.0" "6.0.27" */
	int		 members;	/* 0: a standalone; 1..5: a set rs0 */
	bool		 has_auth;	/* key file, Sametime's accounts */
	bool		 has_tls;	/* requireTLS, the lab's own CA */
	bool		 has_arbiter;	/* the last member is one */
	bool		 has_config_file;	/* -f mongod.conf, not argv */
	int		 documents;	/* in the five databases; 0: none */
	bool		 is_model;	/* tests/model; no auth, TLS, data */
	const char	*const *extra;	/* further words of argv, or NULL */
};

struct mongo_lab_own;

struct mongo_lab {
	char	 dir[64];		/* /tmp/stconsole-mongo-XXXXXX */
	char	 site[96];		/* DIR/site: custom.env, compose */
	char	 state[96];		/* DIR/state for --state; has the
					 * setting mongo.admin_url with auth */
	char	 binaries[96];		/* MAJOR/bin/mongod of every cached */
	int	 ports[MONGO_LAB_MEMBERS];
	int	 count;
	struct mongo_lab_spec spec;
	pid_t	 writer;
	struct mongo_lab_own *own;	/* mongo_lab_parts.h */
};

/* False, having said so, when that version is not in the cache: skip. */
bool	 mongo_lab_has(const char *version);
/* Started, initiated, filled, every member ready; fails the test else. */
void	 mongo_lab_start(struct mongo_lab *l,
	     const struct mongo_lab_spec *spec);
/* Ends whatever listens on its ports and was started from here. */
void	 mongo_lab_end(struct mongo_lab *l);
/* "localhost:PORT". */
const char *mongo_lab_member(const struct mongo_lab *l, int n);
/* The pid that listens on the port of member n now; 0: none. */
pid_t	 mongo_lab_pid(const struct mongo_lab *l, int n);
/* Starts member n again (after a kill) with the binary of a version. */
void	 mongo_lab_member_start(struct mongo_lab *l, int n,
	     const char *version);
/*
 * The URL of an account: "sametimeUser" "sametimeClusterAdmin" "labRoot", or
 * of nobody for a lab without accounts.  malloc'd.
 */
char	*mongo_lab_url(const struct mongo_lab *l, const char *user);
/* A 0600 file that holds that URL; malloc'd path below DIR. */
char	*mongo_lab_url_file(const struct mongo_lab *l, const char *user);
/* Runs a command (Extended JSON) as root on the primary, or on member n
 * (>= 0) directly; the reply as relaxed Extended JSON, malloc'd. */
char	*mongo_lab_command(const struct mongo_lab *l, int n, const char *db,
	     const char *command);
/* The member's version and FCV as "6.0.5", "5.0". */
void	 mongo_lab_versions(const struct mongo_lab *l, int n, char *version,
	     char *fcv, size_t size);

/*
 * A process of its own that inserts, updates and now and then deletes in
 * chatlogging.EVENTS and meeting, every interval_ms, w:majority, retryable
 * writes, and notes what was acknowledged and what was refused.
 */
struct mongo_lab_written {
	long	 acknowledged;
	long	 refused;		/* got an error, not retried */
	long	 bursts;	/* runs of refusals less than 2 s apart */
	long	 longest_ms;		/* slowest acknowledged write */
	long	 lost;			/* acknowledged and not there */
	long	 changed;		/* there with another content */
};
void	 mongo_lab_writer_start(struct mongo_lab *l, int interval_ms);
/* Ends it and compares with the set, or with what is at url if not NULL. */
struct mongo_lab_written mongo_lab_writer_stop(struct mongo_lab *l,
	     const char *url);

/*
 * All documents of the five databases, without those of the writer, as one
 * digest: equal before and after an upgrade or a move.  64 hex digits.
 */
void	 mongo_lab_digest(const char *url, char out[65]);

#endif

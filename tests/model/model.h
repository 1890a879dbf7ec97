/*
 * A stand-in for mongod of versions that cannot be had where tests run.  It
 * knows what stconsole says to a server during a check and an upgrade, and
 * nothing else; every rule names the page that it comes from (rules.c,
 * versions.c).  Documents of users are not kept.
 *
 * It is a hard link DIR/MAJOR/bin/mongod: the version is that of the folder.
 * What a real set replicates lies in one file beside the dbPaths, changed
 * under a lock; a member is alive when its process is.
 *
 * One thread for each connection.  A struct world belongs to one thread.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ARRAY(a)	(sizeof(a) / sizeof((a)[0]))

/* versions.c */
struct version {
	const char	*major;
	const char	*version;
	const char	*fcv[4];	/* with which it starts */
	int		 wire;		/* maxWireVersion */
	const char	*source;
};

/* By the folder of the program; NULL: an unknown one. */
const struct version *version_find(const char *exe);
bool	 version_takes(const struct version *v, const char *fcv);
/* Is major a or newer. */
bool	 version_from(const struct version *v, const char *major);

/* options.c */
struct options {
	json_t		*argv, *parsed;
	const char	*db_path, *set;	/* set NULL: standalone */
	int		 port;
};

/* Exits as the server would on what it does not take. */
void	 options_read(struct options *o, const struct version *v, int argc,
	     char **argv);

extern const struct version *me;
extern struct options opt;

/* state.c */
struct world {
	json_t	*doc;	/* config, primary, term, fcv, optime, members */
	int	 lock;
};

void	 state_open(void);	/* exits 62 with a wrong FCV */
/* Locks, reads, lets time pass; then writes back when wanted, unlocks. */
void	 world_enter(struct world *w);
void	 world_leave(struct world *w, bool changed);
json_t	*world_self(const struct world *w);
json_t	*world_member(const struct world *w, int port);
bool	 world_is_alive(const json_t *member);
bool	 world_is_primary(const struct world *w);
bool	 world_is_arbiter(const struct world *w, int port);
int	 world_port_of(const json_t *config_member);
/* How many votes live, of how many. */
void	 world_votes(const struct world *w, int *alive, int *all);
/* Another member that could be primary now; 0: none. */
int	 world_heir(const struct world *w, int but);
void	 world_elect(struct world *w, int port);
void	 world_write(struct world *w);	/* the oplog goes on by one */
int64_t	 now_ms(void);

/* rules.c: the reply to a command; NULL: the connection just ends. */
json_t	*rules_answer(const char *db, const json_t *command);
json_t	*refuse(int code, const char *name, const char *fmt, ...)
	     __attribute__((format(printf, 3, 4)));
json_t	*yes(json_t *reply);	/* adds ok:1, takes the reference */
/* Ends the process in an orderly way; false: refused, *why says so. */
bool	 rules_shutdown(bool force, int wait_s, json_t **why);

json_t	*rule_set_fcv(const char *db, const json_t *c);
json_t	*rule_get_parameter(const char *db, const json_t *c);
json_t	*rule_hello(const char *db, const json_t *c);
json_t	*rule_status(const char *db, const json_t *c);
json_t	*rule_config(const char *db, const json_t *c);
json_t	*rule_initiate(const char *db, const json_t *c);
json_t	*rule_step_down(const char *db, const json_t *c);
json_t	*rule_freeze(const char *db, const json_t *c);
json_t	*rule_shutdown(const char *db, const json_t *c);
json_t	*rule_note(const char *db, const json_t *c);

/* wire.c: serves one connection; thread start routine. */
void	*wire_serve(void *fd);

#endif

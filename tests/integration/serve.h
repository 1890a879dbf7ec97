/*
 * The real "stconsole serve" for a test, with a runtime folder of its own,
 * and a raw connection to it.
 */
#ifndef TESTS_SERVE_H
#define TESTS_SERVE_H

#include <jansson.h>
#include <sys/types.h>

#include "stconsole/buf.h"

#define SERVE_PATIENCE_MS	30000

struct served {
	pid_t	 pid;		/* 0: none */
	char	*dir;		/* STCONSOLE_RUNTIME_DIR, set meanwhile */
	char	*program;	/* a copy, where every user may run it */
	char	*state;
};

/*
 * Starts it as user uid and waits until it says that it is ready.  s->state
 * and s->dir are kept when they are set: it is started again.
 */
void	 serve_start(struct served *s, const char *state, uid_t uid);
/* Sends sig and returns the exit status, 128 + signal when killed. */
int	 serve_stop(struct served *s, int sig);
/* Stops it, if it runs, and removes its folder. */
void	 serve_fini(struct served *s);
/* What it wrote on standard error so far. */
void	 serve_log_read(const struct served *s, struct buf *out);
/* Until that is in it; fails the test when it does not come. */
void	 serve_log_await(const struct served *s, const char *words);

/* A connection that has said nothing yet. */
int	 serve_connect(const struct served *s);
void	 serve_send(int fd, const void *bytes, size_t len);
void	 serve_say(int fd, json_t *message);	/* taken */
/* The next message, NULL when the connection ended. */
json_t	*serve_hear(int fd);
/* Says hello and drops the welcome. */
void	 serve_hello(const struct served *s, int fd);
/* True once the other side has ended the connection; reads what is left. */
bool	 serve_has_ended(int fd);

#endif

/*
 * Private to serve: its connections and the calls they asked for.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include "control_private.h"

#define SESSIONS_MAX	32
#define SESSIONS_USER	12	/* of one user who is not ours */
#define CALLS_MAX	8	/* under way, of one connection */
#define RATE_PER_S	100	/* messages */
#define RATE_BURST	400
#define PENDING_MAX	(8u << 20)	/* bytes it may leave unread */
#define PENDING_BUSY	(256u << 10)	/* from here on news are left out */
#define STALL_MS	10000
#define HELLO_MS	5000

struct session {
	struct session	*next;
	struct wire	 wire;
	struct identity	 who;
	bool		 is_welcome, is_console, read_only;
	/* Sends what is queued and ends; what it says is not heard. */
	bool		 is_leaving;
	bool		 is_dead;
	char		 where[64];
	int64_t		 since_ms;	/* wall clock */
	int64_t		 opened_ms;	/* monotonic, as all below */
	int64_t		 stalled_ms;	/* 0: nothing waits */
	int64_t		 refilled_ms;
	int		 tokens;
	unsigned	 calls;
};

/* A call of the work, and who waits for it; NULL: gone, or serve itself. */
struct route {
	struct route	*next;
	struct session	*session;
	unsigned	 id;		/* of work_start */
	int64_t		 peer_id;
	int64_t		 lost;		/* lines that were left out */
	bool		 is_job;
};

struct server {
	const struct world	*world;
	struct work		*work;
	struct place		 place;
	char			*state;
	struct session		*sessions;
	struct session		*operator;
	struct route		*routes;
	int			 signal_fd;
	bool			 is_ending;
	int64_t			 ended_ms;	/* when it began to end */
};

/* --- session.c: one connection ----------------------------------------- */

/* Takes fd; a peer that is refused is told why. */
void	 session_open(struct server *s, int fd);
/* Frees; its calls are stopped, its jobs go on. */
void	 session_close(struct server *s, struct session *p);
/* Reads and does what the peer says. */
void	 session_hear(struct server *s, struct session *p);
/* Queues; a peer that cannot be told is dropped.  Takes message. */
void	 session_say(struct session *p, json_t *message);
/* Sends what the peer takes now. */
void	 session_send(struct session *p);
void	 session_drop(struct session *p, const char *why);
/* Ends those that wait too long for something. */
void	 session_age(struct session *p);

/* --- call.c: calls of a connection -------------------------------------- */

void	 call_begin(struct server *s, struct session *p,
	     const struct message *m);
void	 call_cancel(struct server *s, struct session *p, int64_t id);
/* Hands an event of the work to who waits for it. */
void	 call_event(struct server *s, struct work_event *ev);
/* Asks a session's calls to stop and forgets who wanted them. */
void	 call_orphan(struct server *s, struct session *p);

/* --- operate.c: who of the consoles may change -------------------------- */

bool	 operate_may(const struct session *p);
/* {"type":"operator",...} as p sees it. */
json_t	*operate_message(const struct server *s, const struct session *p);
/* p becomes it (NULL: nobody), and all consoles are told. */
void	 operate_set(struct server *s, struct session *p);
/* True when p may change something; *e says who operates. */
bool	 operate_allows(const struct server *s, const struct session *p,
	     struct err *e);

/* --- log.c --------------------------------------------------------------- */

/* A line on standard error. */
void	 serve_log(const char *fmt, ...)
	     __attribute__((format(printf, 1, 2)));

#endif

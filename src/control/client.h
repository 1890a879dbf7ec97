/*
 * Private to the client's side: a struct work whose calls run in serve.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "control_private.h"
#include "stconsole/work_maker.h"

#define CLIENT_CALLS_MAX	8	/* as serve takes from one connection */

struct remote_call {
	struct remote_call	*next;		/* in the order of start */
	unsigned		 id;
	bool			 is_sent;
	json_t			*message;	/* until it is sent */
	int			 fds[CONTROL_FDS];
	size_t			 fd_count;
};

struct remote_event {
	struct remote_event	*next;
	struct work_event	 ev;
};

struct remote {
	struct work		 work;
	struct wire		 wire;
	struct joiner		 joiner;
	int			 fd;		/* epoll over all of it */
	int			 event_fd;	/* readable: events */
	unsigned		 wanted;	/* of the wire, by epoll */
	unsigned		 last_id;
	struct remote_call	*calls;
	struct remote_event	*first, **last;
	bool			 is_lost;
	bool			 has_our_demo;	/* serve's is the same */
	struct work		*local;		/* for what must run here */
};

/* --- client.c --------------------------------------------------------- */

/* Takes a connected socket that does not block; NULL with *e. */
struct remote *remote_new(const struct world *w, int fd, struct err *e);
void	 remote_free(struct work *w);
/* Events of serve become ours; whatever goes wrong ends the connection. */
void	 remote_read(struct remote *r);
/* Takes {"mine","user","where","since"}. */
void	 remote_operator(struct remote *r, const json_t *operator);

/* --- request.c: a call as a message ------------------------------------ */

/* NULL with *e. */
struct remote_call *remote_call_new(const struct work *w, unsigned id,
	     const struct work_call *asked, struct err *e);
void	 remote_call_free(struct remote_call *c);

#endif

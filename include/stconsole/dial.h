/*
 * A TCP connection to HOST:PORT over IPv4 or IPv6, with one deadline and a
 * wish to stop that is heard at any point.  Addresses are tried as RFC 8305
 * says: the next one starts when the one before has not answered in 250 ms.
 * Any thread; every function waits at most until its deadline.
 */
#ifndef STCONSOLE_DIAL_H
#define STCONSOLE_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include "stconsole/cancel.h"

#define DIAL_ADDRESS_SIZE	48	/* "2001:db8::1" and the NUL */
#define DIAL_LABEL_SIZE		300	/* "[2001:db8::1]:636" */

/* How far a connection came, for the sentence that says what failed. */
enum dial_hop { DIAL_DNS, DIAL_TCP, DIAL_DONE };

struct dial_spec {
	const char		*host;		/* a name or a bare literal */
	int			 port;
	int			 timeout_ms;	/* for all of it */
	const struct cancel	*cancel;	/* or NULL */
};

struct dial_result {
	int		 fd;		/* non-blocking, caller closes; or -1 */
	enum dial_hop	 hop;		/* the one that failed, or DONE */
	size_t		 tried;		/* addresses that the name has */
	char		 address[DIAL_ADDRESS_SIZE];	/* connected or last */
};

/*
 * False: r->hop says where, r->fd is -1, the error has the sentence and what
 * to do (ERR_SYS with errno as code, 0 for names; ERR_CANCELLED).
 */
bool	 dial(const struct dial_spec *spec, struct dial_result *r,
	     struct err *e);

/* A deadline that is ms from now, for the two below. */
int64_t	 dial_deadline(int timeout_ms);
/* Waits for events (poll.h) on fd: false at the deadline or on cancel. */
bool	 dial_wait(int fd, short events, int64_t deadline_ms,
	     const struct cancel *cancel, struct err *e);
/* All len bytes or false; an end of file is an error. */
bool	 dial_send(int fd, const void *data, size_t len, int64_t deadline_ms,
	     const struct cancel *cancel, struct err *e);
bool	 dial_recv(int fd, void *data, size_t len, int64_t deadline_ms,
	     const struct cancel *cancel, struct err *e);

/* "host:port", with brackets around an IPv6 literal. */
void	 dial_label(const char *host, int port, char out[DIAL_LABEL_SIZE]);
bool	 dial_is_literal(const char *host);

#endif

/*
 * How a server process is run: private to src/services/mongo/run*.c and
 * their tests.
 */
#ifndef MONGO_RUN_H
#define MONGO_RUN_H

#include <limits.h>
#include <netinet/in.h>

#include "stconsole/mongo_set.h"

#define RUN_ADDRESSES	16
#define RUN_NAME_SIZE	256
#define RUN_ID_SIZE	65

/* The addresses of a member's name; IPv4 ones mapped (::ffff:a.b.c.d). */
struct run_at {
	char		 host[RUN_NAME_SIZE];
	int		 port;
	struct in6_addr	 address[RUN_ADDRESSES];
	size_t		 count;
	bool		 is_here;	/* one of them is this host's */
};

/* "host:port", "[::1]:27017"; false when it is neither. */
bool	 run_at_split(const char *host_port, struct run_at *at);
/* Looks the name up; false with why as a sentence. */
bool	 run_at_resolve(struct run_at *at, char *why, size_t size);

/*
 * A line of /proc/net/tcp or tcp6 (proc(5)): whether it is a socket that
 * listens on at's port and one of its addresses or on all.
 */
bool	 run_line_listens(const char *line, const struct run_at *at,
	     unsigned long long *inode);
/* The process that holds a socket; hint is looked at first.  0: not seen. */
pid_t	 run_inode_pid(unsigned long long inode, pid_t hint);
/* Inode of the listening socket, 0: nobody listens in this namespace. */
unsigned long long run_listener(const struct run_at *at);

/* What /proc/PID/cgroup tells. */
struct run_group {
	char	unit[RUN_NAME_SIZE];	/* "mongod.service", "" none */
	char	id[RUN_ID_SIZE];	/* of a container, "" none */
	bool	is_podman;
	bool	is_pod;			/* of Kubernetes */
};

void	 run_group_parse(const char *text, struct run_group *g);

/*
 * Asks docker and podman for the container with this id or, id "", the one
 * that publishes the port; sets "by", "container", "image", "project" and
 * "service" in run.  False when there is none; why may get a reason.
 */
bool	 run_container_find(struct ctx *ctx, const char *id, int port,
	     json_t *run, char *why, size_t size);
/* Whether an inspected container publishes a TCP port of this host. */
bool	 run_container_publishes(const json_t *container, int port);

#endif

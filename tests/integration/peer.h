/*
 * Peers that the lab does not have: a mongod of another kind, a TLS server
 * with an expired certificate.  They end with the test program.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <sys/types.h>

struct peer {
	pid_t	 pid;
	int	 port;
	char	 dir[64];
};

/* A mongod without log-in on loopback; set NULL: standalone.  Ready. */
struct peer peer_mongod(const char *set);
/* "openssl s_server" with an expired certificate for localhost, which is
 * also in DIR/cert.pem. */
struct peer peer_expired_tls(void);
/* Accepts connections and never answers. */
struct peer peer_silent(void);
/* Ends it, waits, removes its folder. */
void	 peer_end(struct peer *p);

#endif

/*
 * Peers that the lab does not have: a mongod of another kind, a TLS server
 * with an expired certificate.  They end with the test program.
 */
#ifndef TESTS_MONGO_PEER_H
#define TESTS_MONGO_PEER_H

#include <sys/types.h>

struct mongo_peer {
	pid_t	 pid;
	int	 port;
	char	 dir[64];
};

/* A mongod without log-in on loopback; set NULL: standalone.  Ready. */
struct mongo_peer mongo_peer_server(const char *set);
/* "openssl s_server" with an expired certificate for localhost, which is
 * also in DIR/cert.pem. */
struct mongo_peer mongo_peer_expired_tls(void);
/* Accepts connections and never answers. */
struct mongo_peer mongo_peer_silent(void);
/* Ends it, waits, removes its folder. */
void	 mongo_peer_end(struct mongo_peer *p);

#endif

/*
 * Peers of the directory tests that the lab does not have: a slapd with any
 * configuration and certificate, and a responder for the few answers that
 * only Active Directory gives.  On loopback, ended by peer_stop() and by the
 * end of the test program.
 */
#ifndef STCONSOLE_LDAP_PEER_H
#define STCONSOLE_LDAP_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	char	 dir[64];
	pid_t	 pid;
	int	 port;		/* ldap, with StartTLS when there is a cert */
	int	 tls_port;	/* ldaps, when there is a certificate */
};

/* A CA and server certificates, as PEM files in a folder of their own. */
struct peer_tls {
	char	 dir[64];
	char	 ca[96];	/* the root */
	char	 p12[96];	/* the same as a Java store, RC2, "changeit" */
	char	 aes[96];	/* the same with today's ciphers */
};

struct peer_cert {
	const char	*san;		/* "IP:127.0.0.1,DNS:localhost" */
	int		 from_d, to_d;	/* days from now */
	bool		 self_signed;
};

bool	 peer_tls_make(struct peer_tls *t);
void	 peer_tls_remove(struct peer_tls *t);
/*
 * config: lines of slapd.conf from "database" on, where @DIR@ is the
 * database folder; ldif is loaded by slapadd.  cert NULL: no TLS.
 */
bool	 peer_start(struct peer *p, const struct peer_tls *tls,
	     const struct peer_cert *cert, const char *config,
	     const char *ldif);
void	 peer_stop(struct peer *p);

/* A port that accepts and says nothing; close the descriptor. */
int	 peer_silent(int *port);
/* A port where nothing listens. */
int	 peer_dead_port(void);

/*
 * An LDAP server of a few scripted answers.  bind_detail, when not NULL, is
 * the diagnostic message of a refused bind (49).  Searches answer for the
 * one entry "CN=Big,DC=ad,DC=test" with members in three ranges.
 */
bool	 peer_simulate(struct peer *p, const char *bind_detail);

#endif

/*
 * Looks at a TLS server: the chain it sends, whether it is trusted, whether
 * the name fits.  Nothing is sent inside TLS.  OpenSSL stays in this module.
 * Any thread.
 */
#ifndef STCONSOLE_TLS_PROBE_H
#define STCONSOLE_TLS_PROBE_H

#include "stconsole/buf.h"
#include "stconsole/cancel.h"
#include "stconsole/dial.h"
#include "stconsole/secret.h"

struct tls_cert {
	char	*subject;	/* RFC 2253 form, UTF-8 */
	char	*issuer;
	int64_t	 not_before_s;	/* since 1970, UTC */
	int64_t	 not_after_s;
	char	 sha256[65];	/* of the DER, lower hex */
	char	**san;		/* names and addresses as text */
	size_t	 san_count;
};

/* Why a chain is not trusted; names for JSON by tls_trouble_name(). */
enum tls_trouble {
	TLS_FINE, TLS_EXPIRED, TLS_NOT_YET, TLS_UNKNOWN_CA, TLS_SELF_SIGNED,
	TLS_WRONG_NAME, TLS_BAD_CHAIN
};

struct tls_report {
	struct tls_cert	*chain;		/* as sent, the server's own first */
	size_t		 count;
	bool		 verified;	/* trusted, in its dates, name fits */
	bool		 name_matches;
	enum tls_trouble trouble;
	char		 reason[400];	/* a sentence, "" when verified */
	char		 hint[240];
	char		 protocol[16];	/* "TLSv1.3" */
	char		 address[DIAL_ADDRESS_SIZE];
};

struct tls_probe_spec {
	const char		*host;
	int			 port;
	const char		*name;		/* SNI and check; NULL: host */
	const char		*ca_pem;	/* text; NULL: the system's */
	int			 timeout_ms;	/* for all of it */
	const struct cancel	*cancel;	/* or NULL */
	/*
	 * Speaks before TLS on the connected, non-blocking descriptor
	 * (StartTLS); NULL when the server speaks TLS at once.
	 */
	bool	(*before)(void *arg, int fd, int64_t deadline_ms,
		     const struct cancel *cancel, struct err *e);
	void			*arg;
};

/*
 * True when the server showed a certificate, whatever it is worth: see the
 * report, for tls_report_fini.  False when there was no conversation: the
 * error is that of dial(), of before(), or ERR_TLS.  *hop (may be NULL) is
 * DIAL_DNS or DIAL_TCP when the connection failed, else DIAL_DONE.
 */
bool	 tls_probe(const struct tls_probe_spec *spec, struct tls_report *out,
	     enum dial_hop *hop, struct err *e);
void	 tls_report_fini(struct tls_report *r);
const char *tls_trouble_name(enum tls_trouble t);

/*
 * The trusted certificates of a file as PEM text: a PEM file, one DER
 * certificate or a PKCS#12 store, Java's and old RC2 ones included.
 * ERR_TLS: unreadable, wrong password, no certificate in it.
 */
bool	 tls_trust_load(const char *path, const struct secret *password,
	     struct buf *pem, struct err *e);
/* The system's bundle as a path, or NULL. */
const char *tls_trust_system(void);

#endif

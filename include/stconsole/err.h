/*
 * One error: what failed, on what, why, and what the administrator can do.
 *
 * A function that can fail returns bool and takes a struct err * last; false
 * means that *e is filled.  Fixed size, so that it can be filled in when
 * memory is gone.  Every function here accepts e == NULL.  No function prints.
 * Any thread, each with its own struct err.
 */
#ifndef STCONSOLE_ERR_H
#define STCONSOLE_ERR_H

#include <stdbool.h>

/*
 * The domain says what kind of failure it is.  The first seven decide the
 * exit status of the command line (src/cli/exit.c); the rest mean "failed".
 */
#define ERR_DOMAINS(X) \
	X(NONE, "none") \
	X(USAGE, "usage") \
	X(REFUSED, "refused") \
	X(CHANGED, "changed") \
	X(CANCELLED, "cancelled") \
	X(HELD, "held") \
	X(UNVERIFIED, "unverified") \
	X(SYS, "sys") \
	X(NOMEM, "nomem") \
	X(ENV, "env") \
	X(INI, "ini") \
	X(YAML, "yaml") \
	X(XML, "xml") \
	X(JSON, "json") \
	X(PROC, "proc") \
	X(SITE, "site") \
	X(SNAPSHOT, "snapshot") \
	X(JOB, "job") \
	X(JOURNAL, "journal") \
	X(AUDIT, "audit") \
	X(MONGO, "mongo") \
	X(LDAP, "ldap") \
	X(TLS, "tls") \
	X(HTTP, "http")

enum err_domain {
#define X(id, name) ERR_##id,
	ERR_DOMAINS(X)
#undef X
	ERR_DOMAIN_COUNT
};

/* With ERR_USAGE: there are several deployments, and none was named. */
#define ERR_CODE_WHICH_SITE	1001

struct err {
	enum err_domain	 domain;
	int		 code;		/* errno, MongoDB's, LDAP's, or 0 */
	bool		 retryable;	/* the same call may succeed later */
	char		 msg[400];	/* one sentence, no newline */
	char		 hint[240];	/* what to do, may be "" */
};

/* Empties *e: no domain, no words. */
void	 err_clear(struct err *e);

/* Fills *e and drops an earlier hint.  Always false, for "return err_set". */
bool	 err_set(struct err *e, enum err_domain domain, int code,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* As err_set with ERR_SYS and errno as code; ": " and strerror are added. */
bool	 err_sys(struct err *e, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));

/* Out of memory.  Always false. */
bool	 err_nomem(struct err *e);

/* Sets the hint of a filled *e.  Always false. */
bool	 err_hint(struct err *e, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));

/* Puts "words: " before the message, once per layer.  Always false. */
bool	 err_context(struct err *e, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));

/* Copies src into dst (either may be NULL).  Always false. */
bool	 err_copy(struct err *dst, const struct err *src);

/* The name of a domain in JSON, audit and journal; never translated. */
const char *err_domain_name(enum err_domain domain);

#endif

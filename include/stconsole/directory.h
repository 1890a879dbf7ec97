/*
 * The directory (LDAP, RFC 4510-4519) as the site's settings say: the one
 * place that includes <ldap.h>.  A struct directory is used by one thread.
 * Every value that goes into a filter is escaped (RFC 4515) or into a DN
 * (RFC 4514).
 */
#ifndef STCONSOLE_DIRECTORY_H
#define STCONSOLE_DIRECTORY_H

#include "stconsole/ctx.h"
#include "stconsole/verb.h"

struct directory;

#define AUTO_DIRECTORY	__attribute__((cleanup(directory_close_at)))

struct person {
	char	*dn;
	char	*id;		/* UserIdAttribute, or the DN */
	char	*uid;		/* "" when it has none */
	char	*name;
	char	*mail;		/* as the directory spells it */
	bool	 is_disabled;
};

/* What the directory says about one mail. */
struct mail_match {
	size_t		 count;		/* 0 missing, 1 found, else duplicate */
	struct person	 person;	/* the first one, when count > 0 */
};

/*
 * Connects and binds to the site's servers, in order.  The error names the
 * hop that failed (DNS, TCP, TLS, bind) and what to do.
 */
bool	 directory_open(struct ctx *ctx, struct directory **out,
	     struct err *e);
/* The same, but no step of it waits longer than most_ms. */
bool	 directory_open_within(struct ctx *ctx, int most_ms,
	     struct directory **out, struct err *e);
/*
 * directory_open() is content with one server that answers.  False when
 * another one does not: then "missing" may only mean "not seen", and the
 * error says which server and why.
 */
bool	 directory_is_complete(const struct directory *d, struct err *e);
void	 directory_close(struct directory *d);
void	 directory_close_at(struct directory **d);

/*
 * Looks n mails up (case-insensitively) in as few searches as the server's
 * limits allow; searches, when not NULL, is how many it took.  out has n
 * entries, each for mail_match_fini.
 */
bool	 directory_match_mails(struct directory *d, const char *const *mails,
	     size_t n, struct mail_match *out, unsigned *searches,
	     struct err *e);
void	 mail_match_fini(struct mail_match *m);
void	 person_fini(struct person *p);

extern const struct service directory_service;	/* directory.* */

#endif

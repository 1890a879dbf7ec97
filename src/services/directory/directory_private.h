/*
 * Shared inside the directory service; no one else includes it.  One open
 * server is a struct server; a struct directory is the list of them in
 * SearchOrder.  Nothing here is global, everything is used by one thread.
 */
#ifndef STCONSOLE_DIRECTORY_PRIVATE_H
#define STCONSOLE_DIRECTORY_PRIVATE_H

#include <ldap.h>

#include "stconsole/buf.h"
#include "stconsole/dial.h"
#include "stconsole/directory.h"
#include "stconsole/site.h"

/* auto: when the server offers it and the site names a CA. */
enum starttls { STARTTLS_AUTO, STARTTLS_NEVER, STARTTLS_REQUIRE };

struct directory_options {
	enum starttls	 starttls;
	bool		 follow_referrals;
	int		 connect_ms;	/* DNS, TCP and TLS of one server */
	int		 answer_ms;	/* each question after that */
};

#define DIRECTORY_OPTIONS_DEFAULT { STARTTLS_AUTO, false, 5000, 5000 }

/* What a connection goes through; the names are in test.c. */
enum hop {
	HOP_SETTINGS, HOP_DNS, HOP_TCP, HOP_TLS, HOP_BIND, HOP_BASE,
	HOP_FILTER, HOP_ATTRIBUTE, HOP_ENTRY, HOP_COUNT
};

#define REFERRALS_MAX	20

struct referrals {
	char	*url[REFERRALS_MAX];
	size_t	 count;
};

struct server {
	const struct site_ldap	*conf;		/* borrowed from the site */
	struct ctx		*ctx;
	struct directory_options opts;
	LDAP			*ld;		/* NULL: not open: why */
	enum hop		 hop;		/* reached, or failed */
	struct err		 why;
	int64_t			 deadline_ms;	/* of what is going on */
	struct ldap_conncb	 referral_cb;
	bool			 is_tls;
	bool			 is_starttls;
	bool			 forbids_paging;
	unsigned		 searches;	/* sent, with pages */
	char			 label[DIAL_LABEL_SIZE];
	char			 address[DIAL_ADDRESS_SIZE];
	char			*ca_pem;	/* NULL: the system's */
	struct referrals	 referrals;	/* met, once each */
	struct referrals	 followed;	/* "ldap://host:port" */
};

struct directory {
	struct server	*servers;
	size_t		 count;
};

/* As directory_open, without a site and its settings. */
bool	 directory_open_servers(struct ctx *ctx,
	     const struct site_ldap *conf, size_t count,
	     const struct directory_options *opts, struct directory **out,
	     struct err *e);
/* Sentences: servers that are down, referrals not followed.  NULL: memory. */
json_t	*directory_problems(const struct directory *d);
bool	 directory_options_read(const struct ctx *ctx,
	     struct directory_options *out, struct err *e);
/* The answers of the verbs, on an open directory.  New reference. */
bool	 directory_search(struct directory *d, const char *text, int limit,
	     json_t **result, struct err *e);
bool	 directory_show(struct directory *d, const char *who,
	     json_t **result, struct err *e);
bool	 directory_test(struct ctx *ctx, const struct site_ldap *conf,
	     size_t count, const struct directory_options *opts,
	     const char *mail, json_t **result, struct err *e);

/* server.c: connects as far as it goes; s->hop and s->why say how far. */
void	 server_init(struct server *s, struct ctx *ctx,
	     const struct site_ldap *conf,
	     const struct directory_options *opts);
bool	 server_open(struct server *s, struct err *e);
void	 server_close(struct server *s);
/*
 * guard.c: no read or write of s->ld goes on past s->deadline_ms or a
 * cancel.  The struct must stay where it is as long as it is open.
 */
bool	 guard_install(struct server *s);
/* tls.c: the trust of the site, the handshake, StartTLS, the OpenSSL probe. */
struct tls_report;
bool	 server_trust(struct server *s, struct err *e);
bool	 server_starttls(struct server *s, struct err *e);
bool	 server_secure(struct server *s, struct err *e);
bool	 server_probe(const struct server *s, struct tls_report *out,
	     struct err *e);

/*
 * reply.c.  Waits for the answer of msgid (or its next message, when all is
 * false) until the deadline or a cancel; the caller frees *msg.
 */
bool	 reply_wait(struct server *s, int msgid, bool all,
	     int64_t deadline_ms, LDAPMessage **msg, struct err *e);
/* Waits for a result message and takes its LDAP code; *detail may be NULL. */
bool	 reply_result(struct server *s, int msgid, int *code, char **detail,
	     struct err *e);
/* The sentence for an LDAP code; always false. */
bool	 reply_failed(const struct server *s, int code, const char *detail,
	     struct err *e);
/* The sentence for a call that libldap itself refused; always false. */
bool	 reply_broken(const struct server *s, struct err *e);

/* referral.c; is_open: nobody was asked at the one with that index. */
void	 referral_note(struct server *s, const char *url);
void	 referral_note_followed(struct server *s, const char *url);
bool	 referral_is_open(const struct server *s, size_t index);
void	 referrals_fini(struct referrals *list);

/* search.c */
struct query {
	const char		*base;
	int			 scope;
	const char		*filter;
	const char *const	*attrs;		/* NULL-terminated; NULL all */
	int			 limit;		/* entries, 0: all of them */
};

typedef bool (*query_entry)(void *arg, struct server *s, LDAPMessage *entry,
	     struct err *e);

struct query_end {
	/* LDAP_SUCCESS, or that a limit (the server's or ours) cut it. */
	int	 code;
	size_t	 entries;
	bool	 is_more;
};

/*
 * Pages through a search (RFC 2696).  A limit that was hit is no failure:
 * see end.  A base that does not exist is one (code LDAP_NO_SUCH_OBJECT).
 */
bool	 server_search(struct server *s, const struct query *q,
	     query_entry fn, void *arg, struct query_end *end, struct err *e);
int	 server_scope(const struct server *s);
/* Values of one attribute of the rootDSE, for ldap_value_free_len. */
struct berval **server_root(struct server *s, const char *attr);

/* filter.c */
void	 filter_escape(struct buf *out, const char *bytes, size_t len);
/* RFC 4514, 2.4: the value of one RDN. */
void	 dn_escape(struct buf *out, const char *value);
/* "(attr=value)", escaped. */
void	 filter_equal(struct buf *out, const char *attr, const char *value);
/* "(attr=*value*)", escaped. */
void	 filter_part(struct buf *out, const char *attr, const char *value);
/* Each %s of the site's filter replaced by the escaped value. */
bool	 filter_render(const char *template, const char *value,
	     struct buf *out, struct err *e);
/* One form for DNs that are equal: lower case, no odd spaces.  NULL: memory. */
char	*dn_normal(const char *dn);
bool	 dn_is_valid(const char *s);

/* person.c: what is asked for and how an entry becomes a person. */
#define PERSON_ATTRS_MAX	16
void	 person_attrs(const struct site_ldap *conf,
	     const char *attrs[PERSON_ATTRS_MAX]);
bool	 person_read(struct server *s, LDAPMessage *entry,
	     struct person *out, struct err *e);
json_t	*person_json(const struct person *p);
/* The first value of an attribute as text, hex when binary; "" for none. */
char	*entry_text(struct server *s, LDAPMessage *entry, const char *attr);
bool	 value_is_text(const struct berval *v);

/* groups.c: nested groups of a DN, nearest first. */
bool	 groups_of(struct server *s, const char *dn, json_t **groups,
	     bool *more, struct err *e);

/* entry.c: all attributes of an entry, ranged ones whole. */
bool	 entry_json(struct server *s, LDAPMessage *entry, json_t **out,
	     struct err *e);

/* --- set.c ---------------------------------------------------------------- */

bool	 directory_settings_read(struct ctx *ctx, const json_t *params,
	     json_t **result, struct err *e);
bool	 directory_set_plan(struct ctx *ctx, const json_t *params,
	     struct plan *plan, struct err *e);
extern const struct action directory_answers;

#endif

/*
 * One Sametime deployment: where its files are, what they say, how a change
 * takes effect.  Formats: facts read from HCL's guide; what is not published
 * is not guessed here.  A struct site is read once for each call and is then
 * constant; one thread at a time may fill it, any may read.
 */
#ifndef STCONSOLE_SITE_H
#define STCONSOLE_SITE_H

#include "stconsole/ctx.h"
#include "stconsole/doc.h"
#include "stconsole/verb.h"

enum site_kind { SITE_DOCKER, SITE_PODMAN, SITE_KUBERNETES, SITE_WINDOWS };

struct site;

/* Where a fact was read. */
struct site_origin {
	const char	*file;		/* relative to the root; borrowed */
	unsigned	 line;		/* from 1; 0: not from a file */
};

/*
 * The site of this call: as ctx->site_wanted says, or the current folder, or
 * what the setting site.default names, or found (/opt, /opt/hcl, /root,
 * folders of running compose projects).
 * Several: ERR_USAGE that lists them.  None: ERR_SITE that says what was
 * looked for.  "demo" starts or joins the demo.  Borrowed from ctx.
 */
bool	 site_need(struct ctx *ctx, struct site **site, struct err *e);
/*
 * One more owner of a site, each of which calls site_free: for threads that
 * may outlive the call that found it.  NULL stays NULL.  Any thread.
 */
struct site *site_ref(struct site *site);
void	 site_free(struct site *site);

enum site_kind site_kind(const struct site *site);
const char *site_kind_name(enum site_kind kind);
const char *site_root(const struct site *site);		/* canonical path */
int	 site_root_fd(const struct site *site);		/* borrowed */
bool	 site_is_demo(const struct site *site);
/*
 * One line for people: that this is the demo, which servers it runs without
 * and how to get them, and whether it ends with this call.  NULL for a real
 * site.  Borrowed from the site.
 */
const char *site_demo_note(const struct site *site);

/*
 * What tells this site from others: {"kind","root","name","demo"}; name is
 * the folder's, or "demo".  New reference, NULL when memory is gone.
 */
json_t	*site_json(const struct site *site);

/*
 * A fact by name ("public_url", "version", ...; the list is the table in
 * src/site/facts.c).  NULL when the files do not say.  Secret facts (mongo
 * URL) are given masked here.  Borrowed.
 */
const char *site_fact(const struct site *site, const char *name,
	     struct site_origin *origin);

/*
 * The MongoDB URL with its password as the site's files hold it, with
 * tlsCAFile and tlsCertificateKeyFile turned from a path inside a container
 * into one on this host.  ERR_SITE when there is none.
 */
bool	 site_mongo_url(const struct site *site, struct secret **url,
	     struct site_origin *origin, struct err *e);

/* The parts of a MongoDB URL, borrowed from it. */
struct site_mongo_parts {
	const char	*user, *hosts, *database, *options;
	size_t		 user_len, hosts_len, database_len;
};

void	 site_mongo_split(const char *url, struct site_mongo_parts *p);
/* The value of an option; NULL when it is not given. */
const char *site_mongo_option(const struct site_mongo_parts *p,
	     const char *name, size_t *len);

/*
 * The places in which the site's files name MongoDB:
 * [{"file","line","key","url" masked,"hosts"}]; url and hosts are null where
 * a template makes the value.
 */
bool	 site_mongo_places(const struct site *site, json_t **out,
	     struct err *e);
/*
 * Adds to a plan the writes of a MongoDB URL in all those places (MONGO_URL
 * of custom.env where there is none yet), one step a file, and behind them
 * what makes it take effect.  Servers, account and TLS are the new URL's;
 * database and other options that only the old one has stay.  Paths of
 * certificates are given as this host sees them and written as the server's
 * processes do.  Nothing is added when all is so already.  ERR_REFUSED when a
 * place cannot be written.
 */
bool	 site_plan_mongo_url(struct ctx *ctx, struct plan *plan,
	     const struct secret *url, struct err *e);

/* One LDAP server of StCommunityConfig.xml (facts 4.6), in SearchOrder. */
struct site_ldap {
	char		*host;
	int		 port;		/* the one that is used */
	int		 other_port;	/* if use_ldaps were the other */
	bool		 use_ldaps;
	char		*bind_dn;	/* "" for anonymous */
	struct secret	*bind_password;	/* NULL for none */
	char		*base;		/* PersonResolveBase, "" none */
	bool		 one_level;	/* PersonResolveScope onelevel */
	char		*person_class;	/* organizationalPerson */
	char		*resolve_filter;/* with %s, decoded */
	char		*user_id_attr;	/* "" = the DN */
	char		*name_attr;	/* cn */
	char		*mail_attr;	/* mail */
	char		*group_filter;	/* GroupMembership, with %s */
	char		*group_base;	/* GroupResolveBase, "" or NULL none */
	char		*group_class;	/* groupOfNames */
	char		*member_attr;	/* member */
	char		*ca_file;	/* PEM or PKCS#12 on this host, or "" */
	struct secret	*ca_password;	/* of the PKCS#12, or NULL */
	unsigned	 connection;	/* in that file, from 1; 0: Helm */
	struct site_origin origin;
};

/* At least one, else ERR_SITE.  Borrowed from the site. */
bool	 site_ldap_servers(const struct site *site,
	     const struct site_ldap **servers, size_t *count, struct err *e);

/* What shall be so in the settings of one LDAP server. */
struct site_ldap_new {
	const char	*host, *bind_dn, *base;		/* NULL: as it is */
	int		 port;				/* 0: as it is */
	bool		 use_ldaps;			/* as it shall be */
	const struct secret *bind_password;		/* NULL: as it is */
};

/*
 * Adds to a plan the write of these settings, in one step, and what makes
 * them take effect; nothing when they are so already.  server is one of
 * site_ldap_servers.  ERR_REFUSED when it does not come from an XML file.
 */
bool	 site_plan_ldap(struct ctx *ctx, struct plan *plan,
	     const struct site_ldap *server, const struct site_ldap_new *n,
	     struct err *e);

/*
 * Adds to a plan the write of one of the site's files (file.write: snapshot
 * object, probe by digest, exact undo), its lock, a masked diff, and the
 * steps by which the change takes effect.  path is relative to the root.
 * splice and key (what doc_edit was told), when not NULL, let undo work
 * around later edits elsewhere; doc, the old text as it was parsed, saves
 * reading it again.  Nothing is added when the texts are equal.
 */
bool	 site_plan_write(struct ctx *ctx, struct plan *plan,
	     const char *path, const char *key, const struct doc *doc,
	     const struct buf *old_text, const struct buf *new_text,
	     const struct doc_splice *splice, struct err *e);

/*
 * Adds to a plan that these compose services (an array of names) are started
 * anew with what the files say then, whether they run or stand, and the proof
 * that they run.  A mere start would keep the old environment.
 */
bool	 site_plan_recreate(struct ctx *ctx, struct plan *plan,
	     const json_t *services, struct err *e);

/* True when a key of a site file holds a secret (password, URL, token). */
bool	 site_key_is_secret(const char *key);

/*
 * A value as it may be shown: "***" instead of a secret, which its key or
 * the value itself (a URL with a password, a private key) tells.  malloc'd.
 */
char	*site_value_mask(const char *key, const char *value);
/*
 * Appends a text with its secrets replaced.  The name of the file tells the
 * format, whose editor knows where values are; what is in none (a log, a
 * comment) is looked at line by line.  *lines counts those that changed.
 */
bool	 site_text_mask(const char *path, const char *text, size_t len,
	     struct buf *out, size_t *lines, struct err *e);

/* A configuration file; text NULL: left out, for the reason why. */
struct site_text {
	const char	*path;		/* relative to the root */
	const struct buf *text;		/* secrets masked */
	size_t		 lines;		/* in which something was */
	const char	*why;
};
typedef bool (*site_text_take)(void *arg, const struct site_text *t,
	     struct err *e);
/*
 * The files that a snapshot keeps, for eyes elsewhere, sorted by path.  Files
 * that hold keys are left out, as are large and binary ones.
 */
bool	 site_texts_each(struct ctx *ctx, const struct site *site,
	     site_text_take take, void *arg, struct err *e);

/* Bytes of a secret, valid during the call. */
typedef bool (*site_secret_take)(void *arg, const char *bytes, size_t len,
	     struct err *e);
/*
 * Every secret value of the site's files, also as earlier snapshots hold
 * them: the values as they are decoded, of a URL only the password.  The same
 * one may come often, and short ones and words such as "true" come too.
 */
bool	 site_secrets_each(struct ctx *ctx, const struct site *site,
	     site_secret_take take, void *arg, struct err *e);

/*
 * The CA file for HTTPS to the site's public URL: the setting http.ca_file,
 * on the demo the demo's own CA, else "" for the system's.  malloc'd.
 */
bool	 site_https_ca(const struct ctx *ctx, char **path, struct err *e);

/* Puts snapshot.take in front of a plan: ctx->prologue. */
bool	 site_prologue(struct ctx *ctx, struct plan *plan, struct err *e);

extern const struct service site_service;	/* site.list|show config.* */
extern const struct service site_daily_service;	/* site.services|start|... */
extern const struct service snapshot_service;	/* snapshot.* */

/*
 * The containers of this site as the engine lists them now, by their labels:
 * [{"id","name","service","project","state","health","image","created",
 *   "since","engine"}]; empty when the engine has none.  ERR_SITE when no
 * container command is here or the site does not run in containers.
 */
bool	 site_containers(struct ctx *ctx, json_t **list, struct err *e);

#endif

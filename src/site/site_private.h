/*
 * What the files of src/site share: the site as it was read, its compose
 * services, and the step that writes one file.  Nobody outside includes it.
 */
#ifndef STCONSOLE_SITE_PRIVATE_H
#define STCONSOLE_SITE_PRIVATE_H

#include <stdatomic.h>
#include <time.h>

#include "stconsole/buf.h"
#include "stconsole/doc.h"
#include "stconsole/site.h"

#define SITE_MASK	"***"		/* shown instead of a secret */

/* A text file of the site, read and parsed once. */
struct site_file {
	char		*path;		/* relative to the root */
	struct buf	 text;
	struct doc	 doc;		/* format NULL: not parsed */
	char		*problem;	/* why it was not parsed, or NULL */
};

/* A service of the compose file, in the order of the file. */
struct site_service_info {
	char		*name;		/* "nginx" */
	const char	*path;		/* "services.nginx", of the doc */
	char		*image;		/* variables put in; "" for none */
	const char	*file;		/* borrowed from site_file.path */
	unsigned	 line;
};

struct site_fact_value {
	const char	*name;		/* of the table in facts.c */
	char		*value;		/* for eyes: masked, no controls */
	struct site_origin origin;
	const char	*key;		/* for config.set, or NULL */
};

struct site_engine;	/* which engine runs a compose site, once asked */

struct site {
	atomic_uint	 owners;	/* besides the first one */
	/* SITE_DOCKER for every compose file; site_kind() asks the engines. */
	enum site_kind	 kind;
	struct site_engine *engine;
	char		*root;		/* canonical */
	int		 root_fd;
	char		 id[65];
	bool		 is_demo;
	int		 demo_fd;	/* lock that keeps the demo, or -1 */
	char		*demo_note;	/* site_demo_note, or NULL */

	/* Relative paths, NULL when the site has none. */
	char		*compose;	/* "docker-compose.yml" */
	char		*chart;		/* "helm", or "." */

	struct site_file *files;
	size_t		 file_count;
	struct site_service_info *services;
	size_t		 service_count;
	struct site_fact_value *facts;
	size_t		 fact_count;
	struct site_ldap *ldap;
	size_t		 ldap_count;
	json_t		*contradictions;	/* as site.show prints them */
};

/* ---- find.c */

/* Folders to look in; "/opt/..." as they are, "DIR/" DIR and its children. */
struct site_places {
	const char *const *folders;	/* NULL-terminated */
	bool		 ask_engines;	/* running compose projects too */
};

/*
 * Fills roots with the canonical folders that hold a deployment, each once;
 * free each and the array.
 */
bool	 site_find(const struct site_places *places, char ***roots,
	     size_t *count, struct err *e);
/* What a folder holds; false without *e when it is no deployment. */
bool	 site_recognise(const char *folder, enum site_kind *kind,
	     char **compose, char **chart);
/* The folder that the setting site.default names, malloc'd; NULL for none. */
bool	 site_kept(const struct ctx *ctx, char **folder, struct err *e);
/* The given folder when it holds one, the kept one, and all that are found. */
bool	 site_find_all(const struct ctx *ctx, char ***roots, size_t *count,
	     struct err *e);
/* Docker or Podman, for a folder with a compose file; may run podman. */
enum site_kind site_engine_of(const char *root);

/* ---- site.c */

bool	 site_id_of(enum site_kind kind, const char *root, char id[65],
	     struct err *e);

/* Reads the deployment in a folder.  ERR_SITE when it is none. */
struct site *site_open(const char *folder, struct err *e);
/* A file that was read, by its relative path; NULL when there is none. */
const struct site_file *site_file_find(const struct site *site,
	     const char *path);

/*
 * Reads one more file, unless it was read already.  One that cannot be read
 * is kept with its problem; false only when memory is gone.
 */
bool	 site_file_add(struct site *site, const char *path, struct err *e);
/* A value of a parsed file by its path there; NULL when absent.  Borrowed. */
const char *site_file_value(const struct site *site, const char *file,
	     const char *path, struct site_origin *origin);

/* ---- demo.c */

/*
 * Starts or joins the demo; *root is malloc'd, *lock_fd kept open.  One that
 * was started here ends when lock_fd is closed, unless others joined it.
 */
bool	 site_demo_join(char **root, int *lock_fd, bool *is_started_here,
	     struct err *e);
/* Fills demo_note by what the demo tells of itself. */
bool	 site_demo_describe(struct site *site, bool is_started_here,
	     struct err *e);

/* ---- interpolate.c, compose.c, mounts.c */

/* The compose file when it was parsed, or NULL. */
const struct site_file *site_compose_file(const struct site *site);
/* True when text holds $NAME or ${NAME...}. */
bool	 site_text_refers(const char *text, const char *name);
bool	 site_compose_read(struct site *site, struct err *e);
/*
 * What follows "SERVICE.member" in a node's path: "" for the member itself,
 * "[0]", ".NAME" ...; NULL when the node is elsewhere.
 */
const char *site_member_rest(const struct doc_node *node,
	     const struct site_service_info *service, const char *member);
/* True when a bind mount of the service holds a path of the site. */
bool	 site_mount_covers(const struct site *site,
	     const struct site_service_info *service, const char *path);
/*
 * Puts the variables of .env into text as compose does.  malloc'd, NULL on
 * lost memory.  keep_unknown leaves "${X}" that .env does not set.
 */
char	*site_interpolate(const struct site *site, const char *text,
	     bool keep_unknown);
/* The value that .env gives a name, with variables; malloc'd or NULL. */
char	*site_dotenv(const struct site *site, const char *name,
	     struct site_origin *origin);
/*
 * What a service gets in its environment: its environment: over its
 * env_file:, the last one first.  service NULL: any, in the order of the
 * file.  malloc'd, NULL when absent.
 */
char	*site_service_env(const struct site *site, const char *service,
	     const char *name, struct site_origin *origin);
/*
 * A path inside a service's container as one on this host, by its bind
 * mounts; malloc'd; NULL when no mount covers it.  service NULL: any.
 */
char	*site_host_path(const struct site *site, const char *service,
	     const char *inside);
/* The other way: a path on this host as a service's container sees it. */
char	*site_inside_path(const struct site *site, const char *service,
	     const char *here);
/*
 * True when a service takes a file of the site: by env_file:, by a bind
 * mount that covers it, or (".env", the compose file) by interpolation.
 * path is relative to the root.
 */
bool	 site_service_takes(const struct site *site, const char *service,
	     const char *path);
/* True when a service takes a variable of .env: ${NAME} or "- NAME". */
bool	 site_service_takes_variable(const struct site *site,
	     const char *service, const char *name);

/*
 * A path as the server's processes know it, on this host: through community's
 * mounts, other services' mounts, or the Windows program folder; the path
 * itself when nothing maps it.  malloc'd.
 */
char	*site_path_here(const struct site *site, const char *path);

/* ---- mongo_url.c, mongo_merge.c, mongo_places.c, mongo_switch.c */

/* Whether an option of a MongoDB URL has a path as its value. */
bool	 site_mongo_is_path_option(const char *name, size_t len);
void	 site_percent_decode(const char *s, size_t len, struct buf *out);
/* Leaves "/" as it is: for paths in options. */
void	 site_percent_encode(const char *s, struct buf *out);

/*
 * The new URL as it shall stand where the old one stood: servers, account,
 * TLS and what belongs to them are the new one's; database and other options
 * (w, retryWrites ...) that only the old one names stay.
 */
void	 site_mongo_merge(const char *old_url, const char *new_url,
	     struct buf *out);

enum site_mongo_form {
	SITE_MONGO_PLAIN,
	SITE_MONGO_ENTRY,	/* "- MONGO_URL=..." of a compose file */
	SITE_MONGO_BASE64
};

/* A place in which the files name MongoDB. */
struct site_mongo_place {
	const struct site_file	*file;
	const struct doc_node	*node;
	const char		*key;		/* "MONGO_URL"; borrowed */
	enum site_mongo_form	 form;
	bool			 is_made;	/* by the template: unknown */
	struct secret		*url;		/* NULL when it is made */
};

struct site_mongo_places {
	struct site_mongo_place	*list;
	size_t			 count;
};

#define AUTO_MONGO_PLACES __attribute__((cleanup(site_mongo_places_fini)))

bool	 site_mongo_places_find(const struct site *site,
	     struct site_mongo_places *out, struct err *e);
void	 site_mongo_places_fini(struct site_mongo_places *places);

/* ---- helm.c */

/* Decodes base64; *value stays NULL for what is none. */
bool	 site_base64_read(const char *text, size_t len,
	     struct secret **value, struct err *e);

/* A Helm value by its flat name: own files in the root over the chart's. */
const char *site_helm_value(const struct site *site, const char *name,
	     struct site_origin *origin);
/*
 * A value of sametime-global-secrets as its template holds it (base64, or
 * plain under stringData).  NULL without *e when it is not there or is made
 * by Helm.
 */
bool	 site_helm_secret(const struct site *site, const char *name,
	     struct secret **value, struct site_origin *origin,
	     struct err *e);

/* ---- facts.c, contradictions.c, ldap.c */

/* A setting that containers get: preferred file, other files, compose. */
char	*site_setting(const struct site *site, const char *preferred,
	     const char *name, struct site_origin *origin);

bool	 site_facts_read(struct site *site, struct err *e);
bool	 site_ldap_read(struct site *site, struct err *e);
void	 site_ldap_fini(struct site_ldap *server);
bool	 site_contradictions_read(struct site *site, struct err *e);

/* ---- secret_key.c */

/* True when a value is a URL with a password in it. */
bool	 site_value_is_secret(const char *value);

/* ---- diff_mask.c */

/* diff_mask for texts that no editor parses: arg is NULL, line by line. */
bool	 site_diff_mask(void *arg, const char *line, size_t len,
	     struct buf *shown);
struct site_write;
/*
 * The unified diff of what a write changes, secrets masked; "" when the
 * texts are equal.
 */
bool	 site_diff_put(const char *path, const struct site_write *w,
	     struct buf *out, struct err *e);

/* ---- file_plan.c, file_write.c, file_undo.c */

/*
 * A path relative to the root without "./", or ERR_USAGE for one that is
 * absolute, empty or has "..".  Borrowed from path.
 */
const char *site_path_check(const char *path, struct err *e);
/*
 * Opens the folder of a file, which must be beneath the root and, when it is
 * there, a regular file there; *name is its last part, borrowed from path.
 * -1 on failure.  is_missing, when not NULL, permits and tells absence.
 */
int	 site_folder_open(const struct site *site, const char *path,
	     const char **name, bool *is_missing, struct err *e);
/*
 * The current text with the change from before to after taken back, while
 * later edits elsewhere stay.  ERR_CHANGED, naming the file, when it cannot
 * be done for sure.  args are those of the step.
 */
bool	 site_undo_merge(const json_t *args, const struct buf *before,
	     const struct buf *after, const struct buf *current,
	     struct buf *out, struct err *e);

/* Owner and times for a file that is put back as it was. */
struct site_attributes {
	mode_t		 mode;
	uid_t		 uid;
	gid_t		 gid;
	struct timespec	 mtime;
};

struct site_write {
	const char	*path;		/* relative to the root */
	const char	*key;		/* what is edited, for undo; or NULL */
	const struct doc *doc;		/* before as parsed, or NULL */
	const struct buf *before;	/* NULL: the file is not there */
	const struct buf *after;	/* NULL: the file goes away */
	const struct doc_splice *splice;/* or NULL */
	const struct site_attributes *attributes;	/* NULL: kept */
	bool		 hides_diff;	/* binary: the diff is not shown */
};

/* The step file.write, its lock and its blobs; no effect steps. */
bool	 site_write_step(struct ctx *ctx, struct plan *plan,
	     const struct site_write *w, struct err *e);

extern const struct action site_file_write;

#endif

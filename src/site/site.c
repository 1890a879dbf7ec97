/*
 * A struct site: opened, read whole, then constant.  What one call finds is
 * read once; nothing is cached between calls, since an administrator edits
 * these files beside us.
 */
#include "site_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "text.def"

/* Larger ones can be edited, but no fact is read from them. */
#define FACT_FILE_MAX	(4u << 20)
#define FILES_MAX	256

static const char *const kind_names[] = {
	[SITE_DOCKER] = "docker", [SITE_PODMAN] = "podman",
	[SITE_KUBERNETES] = "kubernetes", [SITE_WINDOWS] = "windows"
};

/* Files below the root that hold facts, besides those in the root itself. */
static const struct {
	enum site_kind	 kind;
	const char	*path;
} deep_files[] = {
	{ SITE_KUBERNETES, "helm/Chart.yaml" },
	{ SITE_KUBERNETES, "helm/values.yaml" },
	{ SITE_KUBERNETES, "helm/templates/sametime-secrets.yaml" },
	{ SITE_KUBERNETES, "templates/sametime-secrets.yaml" },
	{ SITE_WINDOWS, "traefik-windows-amd64/conf/traefik.yml" },
	{ SITE_WINDOWS, "traefik-windows-amd64/conf/dynamic.yml" },
	{ SITE_WINDOWS, "traefik-windows-amd64/conf/dynamic.yaml" },
};

/*
 * Asking podman takes a tenth of a second, and most verbs do not need to
 * know: it is asked when the kind is.  Readers may be several threads.
 */
struct site_engine {
	pthread_mutex_t	 lock;
	bool		 is_known;
	enum site_kind	 kind;
};

static void
file_fini(struct site_file *f)
{
	doc_fini(&f->doc);
	buf_wipe(&f->text);
	free(f->path);
	free(f->problem);
}

struct site *
site_ref(struct site *site)
{
	if (site != NULL)
		atomic_fetch_add(&site->owners, 1);
	return site;
}

void
site_free(struct site *site)
{
	if (site == NULL || atomic_fetch_sub(&site->owners, 1) > 0)
		return;
	for (size_t i = 0; i < site->service_count; i++) {
		free(site->services[i].name);
		free(site->services[i].image);
	}
	for (size_t i = 0; i < site->fact_count; i++)
		free(site->facts[i].value);
	for (size_t i = 0; i < site->ldap_count; i++)
		site_ldap_fini(&site->ldap[i]);
	for (size_t i = 0; i < site->file_count; i++)
		file_fini(&site->files[i]);
	json_decref(site->contradictions);
	free(site->services);
	free(site->facts);
	free(site->ldap);
	free(site->files);
	if (site->engine != NULL)
		pthread_mutex_destroy(&site->engine->lock);
	free(site->engine);
	free(site->compose);
	free(site->chart);
	free(site->root);
	free(site->demo_note);
	mem_close_at(&site->root_fd);
	mem_close_at(&site->demo_fd);
	free(site);
}

/* ---- reading the files */

/*
 * Reads and parses.  A file that is too large, unreadable or malformed is
 * kept with its problem: one bad file must not hide the others' facts.
 */
static bool
file_load(const struct site *site, struct site_file *f, struct err *e)
{
	const struct doc_format	*format = doc_format_of(f->path);
	struct err		 why = { 0 };
	AUTO_CLOSE int		 fd = file_open_beneath(site->root_fd, f->path,
	    O_PATH, &why);
	bool			 ok;

	ok = fd >= 0 && file_read(site->root_fd, f->path, FACT_FILE_MAX,
	    &f->text, &why);
	if (ok && format != NULL)
		ok = doc_parse(&f->doc, format, buf_str(&f->text),
		    f->text.len, &why);
	if (ok)
		return true;
	doc_fini(&f->doc);
	if (why.domain == ERR_NOMEM)
		return err_nomem(e);
	f->problem = strdup(why.msg);
	return f->problem != NULL || err_nomem(e);
}

bool
site_file_add(struct site *site, const char *path, struct err *e)
{
	struct site_file *files;

	if (site_file_find(site, path) != NULL ||
	    site->file_count == FILES_MAX)
		return true;
	files = realloc(site->files, (site->file_count + 1) * sizeof(*files));
	if (files == NULL)
		return err_nomem(e);
	site->files = files;
	files[site->file_count] = (struct site_file){ .path = strdup(path) };
	if (files[site->file_count].path == NULL)
		return err_nomem(e);
	site->file_count++;
	return file_load(site, &files[site->file_count - 1], e);
}

/* In the root: what an editor knows, but not backups such as x.env.bak. */
static bool
is_fact_file(const struct site *site, const char *name)
{
	const struct doc_format *format = doc_format_of(name);

	if (format == NULL)
		return false;
	if (format != &doc_yaml)
		return format != &doc_helm;
	return site->kind == SITE_KUBERNETES || str_equal(name, site->compose);
}

static int
is_visible(const struct dirent *d)
{
	return d->d_type == DT_REG || d->d_type == DT_LNK ||
	    d->d_type == DT_UNKNOWN;
}

static bool
files_read(struct site *site, struct err *e)
{
	struct dirent	**names = NULL;
	int		 n = scandirat(site->root_fd, ".", &names, is_visible,
	    alphasort);
	bool		 ok = n >= 0 || err_sys(e, T_SITE_ROOT, site->root);

	for (int i = 0; i < n; i++) {
		if (ok && is_fact_file(site, names[i]->d_name))
			ok = site_file_add(site, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	for (size_t i = 0; ok && i < LENGTH(deep_files); i++)
		if (deep_files[i].kind == site->kind &&
		    file_exists(site->root_fd, deep_files[i].path))
			ok = site_file_add(site, deep_files[i].path, e);
	return ok;
}

const struct site_file *
site_file_find(const struct site *site, const char *path)
{
	for (size_t i = 0; i < site->file_count; i++)
		if (strcmp(site->files[i].path, path) == 0)
			return &site->files[i];
	return NULL;
}

const char *
site_file_value(const struct site *site, const char *file, const char *path,
    struct site_origin *origin)
{
	const struct site_file	*f = site_file_find(site, file);
	const struct doc_node	*node;

	if (f == NULL || f->doc.format == NULL)
		return NULL;
	node = doc_find(&f->doc, path);
	if (node == NULL || node->value == NULL)
		return NULL;
	if (origin != NULL)
		*origin = (struct site_origin){ f->path, node->line };
	return node->value;
}

/* ---- opening */

/*
 * Docker and Podman share one id: which of them runs a folder may change
 * with what is installed, and the snapshots must stay with the folder.
 */
bool
site_id_of(enum site_kind kind, const char *root, char id[65], struct err *e)
{
	bool		 is_compose = kind == SITE_DOCKER ||
	    kind == SITE_PODMAN;
	AUTO_FREE char	*words = str_format("%s\n%s", is_compose ? "compose" :
	    kind_names[kind], root);

	if (words == NULL)
		return err_nomem(e);
	digest_sha256(words, strlen(words), id);
	return true;
}

static bool
site_read(struct site *site, struct err *e)
{
	site->root_fd = open(site->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (site->root_fd < 0)
		return err_sys(e, T_SITE_ROOT, site->root);
	return site_id_of(site->kind, site->root, site->id, e) &&
	    files_read(site, e) && site_compose_read(site, e) &&
	    site_ldap_read(site, e) && site_facts_read(site, e) &&
	    site_contradictions_read(site, e);
}

struct site *
site_open(const char *folder, struct err *e)
{
	struct site		*site = calloc(1, sizeof(*site));
	struct site_engine	*engine = calloc(1, sizeof(*engine));

	if (site == NULL || engine == NULL) {
		free(engine);
		free(site);
		err_nomem(e);
		return NULL;
	}
	pthread_mutex_init(&engine->lock, NULL);
	site->engine = engine;
	site->root_fd = -1;
	site->demo_fd = -1;
	site->root = realpath(folder, NULL);
	if (site->root == NULL) {
		err_sys(e, T_SITE_ROOT, folder);
		err_hint(e, T_SITE_GIVE_HINT);
	} else if (!site_recognise(site->root, &site->kind, &site->compose,
	    &site->chart)) {
		err_set(e, ERR_SITE, ENOENT, T_SITE_NOT, site->root);
		err_hint(e, T_SITE_NOT_HINT);
	} else if (site_read(site, e)) {
		return site;
	}
	site_free(site);
	return NULL;
}

/* "~" and "~/x", when no shell has done it.  malloc'd. */
static char *
folder_expand(const char *wanted)
{
	const char *home = getenv("HOME");

	if (home != NULL && wanted[0] == '~' &&
	    (wanted[1] == '\0' || wanted[1] == '/'))
		return str_format("%s%s", home, wanted + 1);
	return strdup(wanted);
}

static const char *const usual[] = { "/opt/", "/opt/hcl/", "/root/", NULL };

bool
site_kept(const struct ctx *ctx, char **folder, struct err *e)
{
	*folder = NULL;
	if (ctx->store == NULL)
		return true;
	if (!settings_get(ctx, "site.default", folder, e))
		return false;
	if (**folder == '\0')
		free(TAKE(*folder));
	return true;
}

bool
site_find_all(const struct ctx *ctx, char ***roots, size_t *count,
    struct err *e)
{
	const char		*given = ctx->site_wanted;
	AUTO_FREE char		*folder = folder_expand(given != NULL &&
	    strcmp(given, "demo") != 0 ? given : ".");
	AUTO_FREE char		*kept = NULL;
	const char		*folders[LENGTH(usual) + 2] = { folder };
	struct site_places	 places = { folders, true };

	if (folder == NULL)
		return err_nomem(e);
	if (!site_kept(ctx, &kept, e))
		return false;
	memcpy(folders + 1, usual, sizeof(usual));
	if (kept != NULL)
		folders[LENGTH(usual)] = kept;
	return site_find(&places, roots, count, e);
}

/* The one deployment in these places, malloc'd; NULL for none. */
static bool
root_find(const struct site_places *places, char **root, struct err *e)
{
	AUTO_BUF struct buf list = BUF_INIT;
	char		**roots = NULL;
	size_t		 count = 0;

	if (!site_find(places, &roots, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", roots[i]);
		if (count == 1)
			*root = TAKE(roots[i]);
		free(roots[i]);
	}
	free(roots);
	if (count <= 1)
		return true;
	err_set(e, ERR_USAGE, ERR_CODE_WHICH_SITE, T_SITE_SEVERAL, count,
	    buf_str(&list));
	return err_hint(e, T_SITE_SEVERAL_HINT);
}

/*
 * Who stands inside a deployment means that one; else the one that was
 * chosen for this host, else the only one there is.
 */
static struct site *
site_search(const struct ctx *ctx, struct err *e)
{
	static const char *const here[] = { ".", NULL };
	const struct site_places near = { .folders = here };
	const struct site_places far = { .folders = usual,
	    .ask_engines = true };
	AUTO_FREE char	*root = NULL, *kept = NULL;
	struct site	*site;

	if (!root_find(&near, &root, e))
		return NULL;
	if (root == NULL && !site_kept(ctx, &kept, e))
		return NULL;
	if (kept != NULL) {
		site = site_open(kept, e);
		if (site == NULL) {
			err_context(e, T_SITE_KEPT);
			err_hint(e, T_SITE_KEPT_HINT);
		}
		return site;
	}
	if (root == NULL && !root_find(&far, &root, e))
		return NULL;
	if (root != NULL)
		return site_open(root, e);
	err_set(e, ERR_SITE, ENOENT, T_SITE_NONE);
	err_hint(e, T_SITE_GIVE_HINT);
	return NULL;
}

static struct site *
site_demo_open(struct err *e)
{
	AUTO_FREE char	*root = NULL;
	struct site	*site;
	int		 lock_fd = -1;
	bool		 is_started_here;

	if (!site_demo_join(&root, &lock_fd, &is_started_here, e))
		return NULL;
	site = site_open(root, e);
	if (site == NULL) {
		mem_close_at(&lock_fd);
		return NULL;
	}
	site->is_demo = true;
	site->demo_fd = lock_fd;
	if (site_demo_describe(site, is_started_here, e))
		return site;
	site_free(site);
	return NULL;
}

/*
 * A job acts at its own site (ctx_site_adopt), never at whatever the search
 * or --site leads to from here.
 */
static bool
site_is_meant(struct ctx *ctx, struct err *e)
{
	struct site *found = ctx->site;

	if (ctx->site_id[0] != '\0' && strcmp(ctx->site_id, found->id) != 0) {
		err_set(e, ERR_SITE, 0, T_SITE_OTHER, found->root);
		err_hint(e, T_SITE_OTHER_HINT);
		ctx->site = NULL;
		site_free(found);
		return false;
	}
	/* A copy: the words outlive the site that they name. */
	if (!found->is_demo) {
		snprintf(ctx->site_adopted, sizeof(ctx->site_adopted), "%s",
		    found->root);
		ctx->site_wanted = ctx->site_adopted;
	}
	return true;
}

bool
site_need(struct ctx *ctx, struct site **site, struct err *e)
{
	AUTO_FREE char *folder = NULL;

	if (ctx->site == NULL) {
		if (ctx->site_wanted == NULL) {
			ctx->site = site_search(ctx, e);
		} else if (strcmp(ctx->site_wanted, "demo") == 0) {
			ctx->site = site_demo_open(e);
		} else {
			folder = folder_expand(ctx->site_wanted);
			if (folder == NULL)
				return err_nomem(e);
			ctx->site = site_open(folder, e);
		}
		if (ctx->site == NULL || !site_is_meant(ctx, e))
			return false;
		memcpy(ctx->site_id, ctx->site->id, sizeof(ctx->site_id));
	}
	*site = ctx->site;
	return true;
}

/* ---- what others ask */

enum site_kind
site_kind(const struct site *site)
{
	struct site_engine	*engine = site->engine;
	enum site_kind		 kind;

	if (site->compose == NULL)
		return site->kind;
	pthread_mutex_lock(&engine->lock);
	if (!engine->is_known)
		engine->kind = site_engine_of(site->root);
	engine->is_known = true;
	kind = engine->kind;
	pthread_mutex_unlock(&engine->lock);
	return kind;
}

const char *
site_kind_name(enum site_kind kind)
{
	return kind_names[kind];
}

const char *
site_root(const struct site *site)
{
	return site->root;
}

int
site_root_fd(const struct site *site)
{
	return site->root_fd;
}

bool
site_is_demo(const struct site *site)
{
	return site->is_demo;
}

const char *
site_demo_note(const struct site *site)
{
	return site->demo_note;
}

/*
 * What goes into a bundle.  Each part that fails says so in its place: a
 * bundle is made where something is broken.
 */
#include "parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text.def"

#define JOBS_MAX	20
#define JOB_FILE_MAX	((size_t)64 << 20)

/* Reading verbs, in the order in which somebody would ask. */
static const struct {
	const char	*verb;
	int		 limit;		/* --limit, 0: it takes none */
} asked[] = {
	{ "status", 0 }, { "site.list", 0 }, { "site.show", 0 },
	{ "site.services", 0 }, { "mongo.status", 0 },
	{ "directory.test", 0 }, { "snapshot.list", 0 },
	{ "job.list", 200 }, { "lock.list", 0 }, { "audit.list", 1000 },
	{ "audit.verify", 0 }, { "settings.list", 0 }
};

struct collect {
	struct ctx		*ctx;
	const struct site	*site;		/* NULL: there is none */
	struct support_kept	*bundle;
	json_t			*services;	/* of site.services; or NULL */
};

/* ---- JSON */

/* Strings behind names of secrets, at any depth. */
static void
json_mask(json_t *j)
{
	const char	*key;
	json_t		*value;
	void		*next;
	size_t		 i;

	json_array_foreach (j, i, value)
		json_mask(value);
	json_object_foreach_safe (j, next, key, value) {
		AUTO_FREE char *shown = json_is_string(value) ?
		    site_value_mask(key, json_string_value(value)) : NULL;

		if (json_is_string(value))
			json_object_set_new(j, key, json_string(shown));
		else
			json_mask(value);
	}
}

static bool
add_json(struct collect *c, const char *name, json_t *j, struct err *e)
{
	AUTO_JSON json_t	*copy = json_deep_copy(j);
	AUTO_FREE char		*text = NULL;
	struct buf		 out = BUF_INIT;

	json_mask(copy);
	text = copy != NULL ? json_dumps(copy, JSON_INDENT(1)) : NULL;
	if (text == NULL)
		return err_nomem(e);
	buf_puts(&out, text);
	buf_putc(&out, '\n');
	return bundle_add(c->bundle, name, &out, e) != NULL;
}

static bool
add_failure(struct collect *c, const char *name, const struct err *why,
    struct err *e)
{
	AUTO_JSON json_t *j = json_pack("{s:{s:s, s:i, s:o, s:o}}", "error",
	    "domain", err_domain_name(why->domain), "code", why->code,
	    "message", json_lossy(why->msg, strlen(why->msg)), "hint",
	    json_lossy(why->hint, strlen(why->hint)));

	return j != NULL ? add_json(c, name, j, e) : err_nomem(e);
}

/* ---- verbs */

/* A cancelled call ends the collection; whatever else fails is an answer. */
static bool
ask(struct collect *c, const char *verb, json_t *params, json_t **result,
    struct err *why)
{
	const struct verb	*v = registry_verb(c->ctx->registry, verb);
	AUTO_JSON json_t	*given = params;
	struct plan		*plan = NULL;

	*result = NULL;
	if (v == NULL || v->read == NULL)
		return err_set(why, ERR_USAGE, 0, T_BUNDLE_NO_VERB, verb);
	return verb_call(c->ctx, v, given, result, &plan, why);
}

static bool
add_verb(struct collect *c, const char *verb, int limit, struct err *e)
{
	AUTO_FREE char		*name = str_format("verbs/%s.json", verb);
	AUTO_JSON json_t	*result = NULL;
	json_t			*params = json_object();
	struct err		 why = { 0 };

	if (name == NULL || params == NULL) {
		json_decref(params);
		return err_nomem(e);
	}
	if (limit > 0)
		json_object_set_new(params, "limit", json_integer(limit));
	if (!ask(c, verb, params, &result, &why))
		return cancel_check(c->ctx->cancel, e) &&
		    add_failure(c, name, &why, e);
	if (strcmp(verb, "site.services") == 0)
		c->services = json_incref(json_object_get(result,
		    "services"));
	return add_json(c, name, result, e);
}

static bool
add_verbs(struct collect *c, struct err *e)
{
	size_t i;

	for (i = 0; i < LENGTH(asked); i++)
		if (!add_verb(c, asked[i].verb, asked[i].limit, e))
			return false;
	return true;
}

/* ---- files of the site */

static bool
take_text(void *arg, const struct site_text *t, struct err *e)
{
	struct collect		*c = arg;
	AUTO_FREE char		*name = str_format("site/%s", t->path);
	struct support_entry	*entry;
	struct buf		 text = BUF_INIT;

	if (name == NULL)
		return err_nomem(e);
	if (t->text == NULL)
		return bundle_leave_out(c->bundle, name, t->why, e);
	buf_add(&text, buf_str(t->text), t->text->len);
	entry = bundle_add(c->bundle, name, &text, e);
	if (entry == NULL)
		return false;
	entry->lines = t->lines;
	return true;
}

/* ---- jobs */

/* Text that is not ours to parse: masked line by line. */
static bool
add_text(struct collect *c, const char *name, struct buf *plain,
    struct err *e)
{
	struct buf		 masked = BUF_INIT;
	struct support_entry	*entry;
	size_t			 lines;
	bool			 ok;

	ok = site_text_mask("", buf_str(plain), plain->len, &masked, &lines,
	    e);
	buf_wipe(plain);
	if (!ok) {
		buf_wipe(&masked);
		return false;
	}
	entry = bundle_add(c->bundle, name, &masked, e);
	if (entry == NULL)
		return false;
	entry->lines = lines;
	return true;
}

static bool
add_job_file(struct collect *c, const char *id, const char *file,
    struct err *e)
{
	AUTO_FREE char	*path = store_path(c->ctx->store, "jobs/%s/%s", id,
	    file);
	AUTO_FREE char	*name = str_format("jobs/%s/%s", id, file);
	AUTO_JSON json_t *j = NULL;
	struct buf	 text = BUF_INIT;
	struct err	 why = { 0 };
	bool		 ok;

	if (path == NULL || name == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path))
		return true;
	if (!file_read(AT_FDCWD, path, JOB_FILE_MAX, &text, &why))
		return bundle_leave_out(c->bundle, name, why.msg, e);
	j = json_parse(buf_str(&text), text.len, NULL);
	if (j == NULL)
		return add_text(c, name, &text, e);
	ok = add_json(c, name, j, e);
	buf_wipe(&text);
	return ok;
}

static bool
add_jobs(struct collect *c, struct err *e)
{
	AUTO_JSON json_t	*result = NULL;
	json_t			*job;
	struct err		 why = { 0 };
	size_t			 i;

	if (!ask(c, "job.list", json_pack("{s:i}", "limit", JOBS_MAX),
	    &result, &why))
		return bundle_leave_out(c->bundle, "jobs", why.msg, e);
	json_array_foreach (json_object_get(result, "jobs"), i, job)
		if (!add_job_file(c, json_text(job, "id"), "plan.json", e) ||
		    !add_job_file(c, json_text(job, "id"), "journal", e))
			return false;
	return true;
}

/* ---- logs */

static bool
add_log(struct collect *c, const char *service, struct err *e)
{
	AUTO_FREE char		*name = str_format("logs/%s.log", service);
	AUTO_JSON json_t	*result = NULL;
	struct buf		 text = BUF_INIT;
	struct err		 why = { 0 };
	json_t			*line;
	size_t			 i;

	if (name == NULL)
		return err_nomem(e);
	/* The name is an engine's word: it makes no folders where it is
	 * unpacked. */
	for (i = strlen("logs/"); name[i] != '\0'; i++)
		if (name[i] == '/')
			name[i] = '_';
	if (!ask(c, "site.logs", json_pack("{s:s, s:I}", "service", service,
	    "lines", (json_int_t)c->bundle->log_lines), &result, &why))
		return cancel_check(c->ctx->cancel, e) &&
		    bundle_leave_out(c->bundle, name, why.msg, e);
	json_array_foreach (json_object_get(result, "lines"), i, line)
		buf_printf(&text, "%s\n", json_string_value(line));
	return buf_ok(&text, e) && add_text(c, name, &text, e);
}

static bool
add_logs(struct collect *c, struct err *e)
{
	json_t	*service;
	size_t	 i;

	if (c->bundle->log_lines == 0)
		return true;
	if (c->services == NULL)
		return bundle_leave_out(c->bundle, "logs", T_BUNDLE_NO_LOGS,
		    e);
	json_array_foreach (c->services, i, service)
		if (!add_log(c, json_text(service, "name"), e))
			return false;
	return true;
}

/* ---- all of it */

static bool
add_host(struct collect *c, struct err *e)
{
	struct buf text = BUF_INIT;

	host_facts(c->ctx, &text);
	return bundle_add(c->bundle, "host.txt", &text, e) != NULL;
}

static bool
add_all(struct collect *c, struct err *e)
{
	return add_host(c, e) && add_verbs(c, e) && (c->site == NULL ||
	    site_texts_each(c->ctx, c->site, take_text, c, e)) &&
	    add_jobs(c, e) && add_logs(c, e);
}

/*
 * The second net over texts, names and notes; then the list of what came out
 * of it, which has nothing else in it.
 */
static bool
clean_string(const struct known *k, char **s, struct err *e)
{
	struct buf	b = BUF_INIT;
	size_t		found;

	if (*s == NULL)
		return true;
	buf_puts(&b, *s);
	if (!buf_ok(&b, e) || !known_take_out(k, &b, &found, e)) {
		buf_wipe(&b);
		return false;
	}
	free(*s);
	*s = buf_take(&b);
	return *s != NULL || err_nomem(e);
}

/* Names that lose a part are numbered: they may be the same now. */
static bool
clean_name(const struct known *k, struct support_entry *entry, size_t number,
    struct err *e)
{
	AUTO_FREE char	*before = strdup(entry->name);
	char		*numbered;

	if (before == NULL || !clean_string(k, &entry->name, e))
		return before == NULL ? err_nomem(e) : false;
	if (str_equal(before, entry->name))
		return true;
	numbered = str_format("%s.%zu", entry->name, number);
	if (numbered == NULL)
		return err_nomem(e);
	free(entry->name);
	entry->name = numbered;
	return true;
}

static bool
clean_entry(const struct known *k, struct support_kept *b, size_t i,
    struct err *e)
{
	struct support_entry *entry = &b->entries[i];

	return known_take_out(k, &entry->text, &entry->values, e) &&
	    clean_name(k, entry, i, e) && clean_string(k, &entry->note, e);
}

/* Our own words too: a password may be one of them. */
static bool
add_readme(struct collect *c, const struct known *k, struct err *e)
{
	char		at[CLOCK_ISO_SIZE];
	struct buf	text = BUF_INIT;

	clock_iso(c->bundle->made_ms, at);
	buf_printf(&text, T_BUNDLE_README, STCONSOLE_VERSION, at);
	bundle_list(c->bundle, &text);
	return bundle_add(c->bundle, "README.txt", &text, e) != NULL &&
	    clean_entry(k, c->bundle, c->bundle->count - 1, e);
}

static bool
clean(struct collect *c, struct err *e)
{
	struct known	*k = known_read(c->ctx, c->site, e);
	bool		 ok = k != NULL;
	size_t		 i;

	for (i = 0; ok && i < c->bundle->count; i++)
		ok = cancel_check(c->ctx->cancel, e) &&
		    clean_entry(k, c->bundle, i, e);
	ok = ok && add_readme(c, k, e);
	known_free(k);
	return ok;
}

/* A host without a deployment can need help as well; two are a question. */
static bool
site_look(struct collect *c, struct err *e)
{
	struct site	*site = NULL;
	struct err	 why = { 0 };

	if (site_need(c->ctx, &site, &why)) {
		c->site = site;
		return true;
	}
	if (why.domain != ERR_SITE && why.domain != ERR_SYS)
		return err_copy(e, &why);
	return bundle_leave_out(c->bundle, "site", why.msg, e);
}

bool
support_collect(struct ctx *ctx, int64_t log_lines,
    struct support_kept **out, struct err *e)
{
	struct collect	 c = { .ctx = ctx };
	bool		 ok;

	c.bundle = calloc(1, sizeof(*c.bundle));
	if (c.bundle == NULL)
		return err_nomem(e);
	c.bundle->made_ms = clock_wall_ms(ctx->clock);
	c.bundle->log_lines = log_lines;
	ok = site_look(&c, e) && add_all(&c, e) && clean(&c, e);
	json_decref(c.services);
	if (!ok) {
		bundle_free(c.bundle);
		return false;
	}
	*out = c.bundle;
	return true;
}

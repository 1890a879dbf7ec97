/*
 * Every place in which a site's files name MongoDB (facts 3.4): env files,
 * the compose file, chatlogging.ini, the chart's secret and values.
 */
#include <stdlib.h>
#include <string.h>

#include "site_private.h"

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

static const char *const keys[] = {
	"MONGO_URL", "CL_MONGO_URL", "CLI__ChatLogging__CL_MONGO_URL",
	"MONGO_CONNECTION_URL", "MongoConnectionUrl"
};

static bool
is_url(const char *value)
{
	return str_starts(value, "mongodb://") ||
	    str_starts(value, "mongodb+srv://");
}

/* The key that a node's path ends with, or NULL. */
static const char *
path_key(const struct doc_node *n)
{
	size_t path = strlen(n->path), len;

	for (size_t i = 0; i < LENGTH(keys); i++) {
		len = strlen(keys[i]);
		if (path < len || strcmp(n->path + path - len, keys[i]) != 0)
			continue;
		if (path == len || strchr("/.:", n->path[path - len - 1]) !=
		    NULL)
			return keys[i];
	}
	return NULL;
}

/* The key of "KEY=url" in a list, and the url. */
static const char *
entry_key(const struct doc_node *n, const char **url)
{
	const char *equals = strchr(n->value, '=');

	if (equals == NULL || !str_ends(n->path, "]"))
		return NULL;
	*url = equals + 1;
	for (size_t i = 0; i < LENGTH(keys); i++)
		if (strlen(keys[i]) == (size_t)(equals - n->value) &&
		    str_starts(n->value, keys[i]))
			return keys[i];
	return NULL;
}

/* In a compose file "$$" is a dollar. */
static struct secret *
plain_url(const struct site *site, const struct site_mongo_place *p,
    const char *value, struct err *e)
{
	struct buf	 out = BUF_INIT;
	bool		 is_compose = str_equal(p->file->path, site->compose);
	struct secret	*url = NULL;

	buf_reserve(&out, strlen(value) + 1);
	for (; *value != '\0'; value++) {
		buf_putc(&out, *value);
		if (is_compose && value[0] == '$' && value[1] == '$')
			value++;
	}
	if (buf_ok(&out, e))
		url = secret_new(out.data, out.len, e);
	buf_wipe(&out);
	return url;
}

/* Fills p->url; *found is false for what is no URL. */
static bool
url_read(const struct site *site, struct site_mongo_place *p,
    const char *value, bool *found, struct err *e)
{
	*found = false;
	if (is_url(value)) {
		p->url = plain_url(site, p, value, e);
		*found = p->url != NULL;
		return *found;
	}
	if (p->form != SITE_MONGO_PLAIN ||
	    strcmp(p->key, "MongoConnectionUrl") != 0)
		return true;
	p->form = SITE_MONGO_BASE64;
	if (!site_base64_read(value, strlen(value), &p->url, e))
		return false;
	*found = p->url != NULL && is_url(secret_reveal(p->url));
	if (!*found) {
		secret_free(p->url);
		p->url = NULL;
	}
	return true;
}

static bool
place_read(const struct site *site, const struct site_file *f,
    const struct doc_node *n, struct site_mongo_place *p, bool *found,
    struct err *e)
{
	const char *value = n->value;

	*p = (struct site_mongo_place){ .file = f, .node = n };
	*found = false;
	/* Behind a merge key or assigned again below: not what counts. */
	if (n->kind == DOC_ALIAS || n->anchor != NULL ||
	    doc_find(&f->doc, n->path) != n)
		return true;
	p->key = path_key(n);
	if (p->key != NULL && f->doc.format == &doc_helm &&
	    (value == NULL || strstr(value, "{{") != NULL)) {
		p->is_made = *found = true;
		return true;
	}
	if (value == NULL || n->kind != DOC_SCALAR)
		return true;
	if (p->key == NULL) {
		p->key = entry_key(n, &value);
		p->form = SITE_MONGO_ENTRY;
	}
	return p->key == NULL || url_read(site, p, value, found, e);
}

static bool
place_add(struct site_mongo_places *places, struct site_mongo_place *p,
    struct err *e)
{
	struct site_mongo_place *list = reallocarray(places->list,
	    places->count + 1, sizeof(*list));

	if (list == NULL) {
		secret_free(p->url);
		return err_nomem(e);
	}
	places->list = list;
	list[places->count++] = *p;
	return true;
}

bool
site_mongo_places_find(const struct site *site,
    struct site_mongo_places *out, struct err *e)
{
	struct site_mongo_place	 p;
	bool			 found;

	*out = (struct site_mongo_places){ NULL, 0 };
	for (size_t i = 0; i < site->file_count; i++) {
		const struct site_file *f = &site->files[i];

		for (size_t k = 0; f->doc.format != NULL && k < f->doc.n;
		    k++) {
			if (!place_read(site, f, &f->doc.nodes[k], &p, &found,
			    e) || (found && !place_add(out, &p, e))) {
				site_mongo_places_fini(out);
				return false;
			}
		}
	}
	return true;
}

void
site_mongo_places_fini(struct site_mongo_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		secret_free(places->list[i].url);
	free(places->list);
	*places = (struct site_mongo_places){ NULL, 0 };
}

/* ---- for people */

static json_t *
place_json(const struct site_mongo_place *p)
{
	struct site_mongo_parts	 parts;
	AUTO_FREE char		*shown = NULL;
	const char		*url;

	if (p->is_made)
		return json_pack("{s:s, s:i, s:s, s:n, s:n}", "file",
		    p->file->path, "line", (int)p->node->line, "key", p->key,
		    "url", "hosts");
	url = secret_reveal(p->url);
	shown = site_value_mask(p->key, url);
	site_mongo_split(url, &parts);
	return shown == NULL ? NULL : json_pack("{s:s, s:i, s:s, s:o, s:o}",
	    "file", p->file->path, "line", (int)p->node->line, "key", p->key,
	    "url", json_lossy(shown, strlen(shown)), "hosts",
	    json_lossy(parts.hosts, parts.hosts_len));
}

bool
site_mongo_places(const struct site *site, json_t **out, struct err *e)
{
	AUTO_MONGO_PLACES struct site_mongo_places places = { NULL, 0 };
	AUTO_JSON json_t *list = json_array();

	if (list == NULL)
		return err_nomem(e);
	if (!site_mongo_places_find(site, &places, e))
		return false;
	for (size_t i = 0; i < places.count; i++)
		if (json_array_append_new(list,
		    place_json(&places.list[i])) < 0)
			return err_nomem(e);
	*out = TAKE(list);
	return true;
}

/*
 * Another MongoDB for the site: its URL written in every place, then what
 * makes all of them take effect, once.
 */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "effect.h"
#include "site_private.h"

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define WINDOWS_HOME	"C:/Program Files/HCL/Sametime"
#define CUSTOM_ENV	"custom.env"

struct change {
	struct ctx			*ctx;
	struct plan			*plan;
	const struct site		*site;
	const struct secret		*url;
	struct effect			*effect;
	struct site_mongo_places	 places;
};

/* ---- paths of certificates */

/* The old URL's spelling of the same file, else through the mounts. */
static char *
path_inside(const struct change *c, const struct site_mongo_parts *was,
    const char *name, const char *path)
{
	AUTO_BUF struct buf	 old = BUF_INIT;
	AUTO_FREE char		*here = NULL;
	char			*inside = NULL;
	const char		*value;
	size_t			 len = 0, root = strlen(c->site->root);

	value = site_mongo_option(was, name, &len);
	if (value != NULL) {
		site_percent_decode(value, len, &old);
		here = site_path_here(c->site, buf_str(&old));
		if (c->site->kind == SITE_KUBERNETES ||
		    str_equal(here, path))
			return strdup(buf_str(&old));
	}
	if (c->site->kind == SITE_WINDOWS)
		return strncmp(path, c->site->root, root) == 0 &&
		    path[root] == '/' ? str_format("%s%s", WINDOWS_HOME,
		    path + root) : strdup(path);
	inside = site_inside_path(c->site, "community", path);
	if (inside == NULL)
		inside = site_inside_path(c->site, NULL, path);
	if (inside != NULL)
		return inside;
	/* It was given as the containers see it. */
	here = (free(TAKE(here)), site_host_path(c->site, NULL, path));
	return here != NULL ? strdup(path) : NULL;
}

/* One option; its path becomes that of the server's processes. */
static bool
option_turn(const struct change *c, const struct site_mongo_parts *was,
    const char *option, size_t len, struct buf *out, struct err *e)
{
	const char		*equals = memchr(option, '=', len);
	size_t			 name = equals == NULL ? 0 :
	    (size_t)(equals - option);
	AUTO_BUF struct buf	 path = BUF_INIT;
	AUTO_FREE char		*inside = NULL, *word = NULL;

	if (equals == NULL || !site_mongo_is_path_option(option, name)) {
		buf_add(out, option, len);
		return true;
	}
	word = strndup(option, name);
	site_percent_decode(equals + 1, len - name - 1, &path);
	if (word == NULL || !buf_ok(&path, e))
		return err_nomem(e);
	inside = path_inside(c, was, word, buf_str(&path));
	if (inside == NULL && c->site->kind == SITE_KUBERNETES)
		inside = strdup(buf_str(&path));
	if (inside == NULL) {
		err_set(e, ERR_REFUSED, 0, T_SWITCH_CA, word,
		    buf_str(&path));
		return err_hint(e, T_SWITCH_CA_HINT);
	}
	buf_add(out, option, name + 1);
	site_percent_encode(inside, out);
	return true;
}

static bool
paths_turn(const struct change *c, const char *old_url, struct buf *out,
    struct err *e)
{
	const char		*url = secret_reveal(c->url);
	struct site_mongo_parts	 was, is;
	size_t			 len;

	site_mongo_split(old_url, &was);
	site_mongo_split(url, &is);
	buf_reserve(out, strlen(url) + 4096);
	buf_add(out, url, (size_t)(is.options - url));
	for (const char *s = is.options; *s != '\0'; s += len) {
		len = strcspn(s, "&;");
		if (!option_turn(c, &was, s, len, out, e))
			return false;
		if (s[len] != '\0')
			buf_putc(out, s[len++]);
	}
	return buf_ok(out, e);
}

/* ---- the value for one place */

static bool
base64_put(const struct buf *url, struct buf *out, struct err *e)
{
	size_t	 len = (url->len + 2) / 3 * 4;
	char	*text = malloc(len + 1);

	if (text == NULL)
		return err_nomem(e);
	EVP_EncodeBlock((unsigned char *)text, (unsigned char *)url->data,
	    (int)url->len);
	buf_add(out, text, len);
	explicit_bzero(text, len);
	free(text);
	return buf_ok(out, e);
}

static void
plain_put(const struct change *c, const struct site_mongo_place *p,
    const struct buf *url, struct buf *out)
{
	bool doubles = str_equal(p->file->path, c->site->compose);

	if (p->form == SITE_MONGO_ENTRY)
		buf_printf(out, "%s=", p->key);
	for (size_t i = 0; i < url->len; i++) {
		if (doubles && url->data[i] == '$')
			buf_putc(out, '$');
		buf_putc(out, url->data[i]);
	}
}

/* The diff hides the whole value: the note shows all but the password. */
static bool
note_add(const struct change *c, const struct site_file *f, const char *key,
    const struct buf *url, struct err *e)
{
	AUTO_FREE char *shown = site_value_mask("MONGO_URL", buf_str(url));

	return shown == NULL ? err_nomem(e) :
	    plan_note_add(c->plan, e, T_SWITCH_NOTE, key, f->path, shown);
}

static bool
value_make(const struct change *c, const struct site_mongo_place *p,
    struct buf *out, struct err *e)
{
	const char	*old_url = p->url != NULL ? secret_reveal(p->url) : "";
	struct buf	 turned = BUF_INIT, merged = BUF_INIT;
	bool		 ok;

	buf_reserve(out, 8192);
	buf_reserve(&merged, 8192);
	ok = paths_turn(c, old_url, &turned, e);
	if (ok)
		site_mongo_merge(old_url, buf_str(&turned), &merged);
	ok = ok && buf_ok(&merged, e);
	if (ok && strcmp(buf_str(&merged), old_url) != 0)
		ok = note_add(c, p->file, p->key, &merged, e);
	if (ok && p->form == SITE_MONGO_BASE64)
		ok = base64_put(&merged, out, e);
	else if (ok)
		plain_put(c, p, &merged, out);
	buf_wipe(&turned);
	buf_wipe(&merged);
	return ok && buf_ok(out, e);
}

/* ---- one file */

/* The text with one place changed; takes nothing, replaces *text. */
static bool
text_edit(const struct site_file *f, const char *path, const char *value,
    struct buf *text, struct err *e)
{
	struct doc	 doc = { 0 };
	struct buf	 out = BUF_INIT;
	bool		 ok;

	ok = doc_parse(&doc, f->doc.format, buf_str(text), text->len, e) &&
	    doc_edit(&doc, DOC_SET, path, value, &out, NULL, e);
	doc_fini(&doc);
	if (ok) {
		buf_wipe(text);
		*text = out;
	} else {
		err_context(e, "%s", f->path);
		buf_wipe(&out);
	}
	return ok;
}

static bool
file_write_add(const struct change *c, const struct site_file *f,
    const char *key, const struct buf *after, struct err *e)
{
	const struct site_write w = {
		.path = f->path, .key = key, .before = &f->text,
		.after = after
	};

	return site_write_step(c->ctx, c->plan, &w, e) &&
	    effect_add(c->effect, f->path, &f->text, after, e);
}

static bool
place_edit(const struct change *c, const struct site_mongo_place *p,
    struct buf *text, struct err *e)
{
	struct buf	 value = BUF_INIT;
	bool		 ok;

	if (p->is_made) {
		err_set(e, ERR_REFUSED, 0, T_SWITCH_MADE, p->key,
		    p->file->path, p->node->line);
		return err_hint(e, T_SWITCH_MADE_HINT);
	}
	ok = value_make(c, p, &value, e) &&
	    text_edit(p->file, p->node->path, buf_str(&value), text, e);
	buf_wipe(&value);
	return ok;
}

static bool
file_switch(const struct change *c, const struct site_file *f,
    struct err *e)
{
	struct buf	 text = BUF_INIT;
	const char	*key = NULL;
	size_t		 edits = 0;
	bool		 ok;

	buf_add(&text, buf_str(&f->text), f->text.len);
	ok = buf_ok(&text, e);
	for (size_t i = 0; ok && i < c->places.count; i++) {
		const struct site_mongo_place *p = &c->places.list[i];

		if (p->file != f)
			continue;
		ok = place_edit(c, p, &text, e);
		key = p->node->path;
		edits++;
	}
	ok = ok && (edits == 0 || (text.len == f->text.len &&
	    memcmp(text.data, f->text.data, text.len) == 0) ||
	    file_write_add(c, f, edits == 1 ? key : NULL, &text, e));
	buf_wipe(&text);
	return ok;
}

/* ---- a site that names none yet */

static bool
first_url(const struct change *c, struct err *e)
{
	const struct site_file	*f = site_file_find(c->site, CUSTOM_ENV);
	struct site_mongo_place	 p = { .file = f, .key = "MONGO_URL" };
	struct buf		 text = BUF_INIT, value = BUF_INIT;
	struct site_origin	 origin;
	struct secret		*url = NULL;
	bool			 ok;

	if (c->site->compose == NULL || f == NULL || f->doc.format == NULL) {
		/* Says where it belongs. */
		ok = site_mongo_url(c->site, &url, &origin, e) ?
		    err_set(e, ERR_REFUSED, 0, T_SWITCH_WHERE) : false;
		secret_free(url);
		return ok;
	}
	buf_add(&text, buf_str(&f->text), f->text.len);
	ok = buf_ok(&text, e) && value_make(c, &p, &value, e) &&
	    text_edit(f, "MONGO_URL", buf_str(&value), &text, e) &&
	    file_write_add(c, f, "MONGO_URL", &text, e);
	buf_wipe(&text);
	buf_wipe(&value);
	return ok;
}

/* A chat server on Domino is no part of these files (facts 3.4). */
static bool
domino_note(const struct change *c, struct err *e)
{
	if (json_array_size(c->effect->paths) == 0)
		return true;
	for (size_t i = 0; i < c->places.count; i++)
		if (strcmp(c->places.list[i].key, "CL_MONGO_URL") == 0)
			return true;
	return plan_note_add(c->plan, e, T_SWITCH_DOMINO);
}

bool
site_plan_mongo_url(struct ctx *ctx, struct plan *plan,
    const struct secret *url, struct err *e)
{
	struct site	*site;
	struct change	 c = { .ctx = ctx, .plan = plan, .url = url };
	bool		 ok;

	if (!site_need(ctx, &site, e) ||
	    !site_mongo_places_find(site, &c.places, e))
		return false;
	c.site = site;
	c.effect = effect_new(site, e);
	ok = c.effect != NULL;
	for (size_t i = 0; ok && i < site->file_count; i++)
		ok = file_switch(&c, &site->files[i], e);
	if (ok && c.places.count == 0)
		ok = first_url(&c, e);
	ok = ok && domino_note(&c, e) && effect_plan(ctx, plan, c.effect, e);
	effect_free(c.effect);
	site_mongo_places_fini(&c.places);
	return ok;
}

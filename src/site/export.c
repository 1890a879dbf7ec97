/*
 * The site's files for eyes elsewhere (support.bundle): the texts without
 * secrets, and the secrets themselves, so that whoever sends something away
 * can prove that none of them is in it.
 */
#include "site_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"
#include "stconsole/blob.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define TEXT_MAX	(1u << 20)	/* of one file that leaves */
#define OBJECT_MAX	(1u << 20)	/* of an old one that is looked at */

/* Reads beneath the root; a file that went away meanwhile is empty. */
static bool
text_read(const struct site *site, const char *path, struct buf *out,
    struct err *e)
{
	AUTO_CLOSE int	 fd = file_open_beneath(site_root_fd(site), path,
	    O_RDONLY | O_NONBLOCK, e);
	AUTO_FREE char	*here = NULL;

	if (fd < 0)
		return false;
	here = str_format("/proc/self/fd/%d", fd);
	return here != NULL ? file_read(AT_FDCWD, here, SNAPSHOT_FILE_MAX,
	    out, e) : err_nomem(e);
}

static bool
is_text(const struct buf *b)
{
	return b->len == 0 || memchr(b->data, '\0', b->len) == NULL;
}

/* ---- the texts */

static const char *
why_not(const char *path, const json_t *entry)
{
	if (strcmp(json_text(entry, "type"), "file") != 0)
		return NULL;
	if (snapshot_holds_keys(path))
		return T_EXPORT_KEYS;
	return json_int(entry, "size", 0) > TEXT_MAX ? T_EXPORT_LARGE : NULL;
}

static bool
text_give(const struct site *site, const char *path, const json_t *entry,
    site_text_take take, void *arg, struct err *e)
{
	AUTO_BUF struct buf	 masked = BUF_INIT;
	struct buf		 plain = BUF_INIT;
	struct site_text	 t = { .path = path };
	struct err		 why = { 0 };
	bool			 ok = true;

	t.why = why_not(path, entry);
	if (t.why == NULL && !text_read(site, path, &plain, &why)) {
		t.why = why.msg;
	} else if (t.why == NULL && !is_text(&plain)) {
		t.why = T_EXPORT_BINARY;
	} else if (t.why == NULL) {
		ok = site_text_mask(path, buf_str(&plain), plain.len, &masked,
		    &t.lines, e);
		t.text = &masked;
	}
	buf_wipe(&plain);
	return ok && take(arg, &t, e);
}

/* What the walk itself could not take has its reason in a word. */
static bool
skipped_give(const json_t *skipped, site_text_take take, void *arg,
    struct err *e)
{
	const char	*path;
	json_t		*why;

	json_object_foreach((json_t *)(uintptr_t)skipped, path, why) {
		struct site_text t = { .path = path,
		    .why = json_string_value(why) };

		if (!take(arg, &t, e))
			return false;
	}
	return true;
}

static int
path_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a scan by name; an array of borrowed strings. */
static const char **
paths_of(json_t *entries, size_t *count)
{
	const char	**paths = calloc(json_object_size(entries) + 1,
			    sizeof(*paths));
	const char	 *path;
	json_t		 *entry;

	*count = 0;
	if (paths == NULL)
		return NULL;
	json_object_foreach(entries, path, entry)
		if (strcmp(json_text(entry, "type"), "file") == 0)
			paths[(*count)++] = path;
	qsort(paths, *count, sizeof(*paths), path_order);
	return paths;
}

bool
site_texts_each(struct ctx *ctx, const struct site *site,
    site_text_take take, void *arg, struct err *e)
{
	AUTO_JSON json_t	 *scan = NULL;
	AUTO_FREE const char	**paths = NULL;
	json_t			 *entries;
	size_t			  count, i;

	if (!snapshot_scan(ctx, site, false, &scan, e))
		return false;
	entries = json_object_get(scan, "entries");
	paths = paths_of(entries, &count);
	if (paths == NULL)
		return err_nomem(e);
	for (i = 0; i < count; i++)
		if (!cancel_check(ctx->cancel, e) || !text_give(site,
		    paths[i], json_object_get(entries, paths[i]), take, arg,
		    e))
			return false;
	return skipped_give(json_object_get(scan, "skipped"), take, arg, e);
}

/* ---- the secrets */

struct taker {
	site_secret_take	 take;
	void			*arg;
};

static bool
give(const struct taker *t, const char *s, size_t len, struct err *e)
{
	if (len > 1 && (s[0] == '"' || s[0] == '\'') && s[len - 1] == s[0]) {
		s++;
		len -= 2;
	}
	return len == 0 || t->take(t->arg, s, len, e);
}

/*
 * What stands in plain where masked has its mask.  The two are the same
 * elsewhere; should they not be, all of plain is taken for the secret.
 */
static bool
gaps_give(const struct taker *t, const char *plain, const char *masked,
    struct err *e)
{
	const char	*mask = strstr(masked, SITE_MASK), *next, *end;
	size_t		 len;

	while (mask != NULL) {
		len = (size_t)(mask - masked);
		if (strncmp(plain, masked, len) != 0)
			return give(t, plain, strlen(plain), e);
		plain += len;
		masked = mask + strlen(SITE_MASK);
		next = strstr(masked, SITE_MASK);
		len = next != NULL ? (size_t)(next - masked) : strlen(masked);
		end = next != NULL && len > 0 ? memmem(plain, strlen(plain),
		    masked, len) : NULL;
		if (next == NULL && strlen(plain) >= len)
			end = plain + strlen(plain) - len;
		if (end == NULL)
			end = plain + strlen(plain);
		if (!give(t, plain, (size_t)(end - plain), e))
			return false;
		plain = end;
		mask = next;
	}
	return true;
}

/* The values as the editor of the format decodes them. */
static bool
values_give(const struct taker *t, const char *path, const struct buf *text,
    struct err *e)
{
	const struct doc_format	*format = doc_format_of(path);
	struct doc		 doc = { 0 };
	bool			 ok = true;

	if (format == NULL || !doc_parse(&doc, format, buf_str(text),
	    text->len, NULL)) {
		doc_fini(&doc);
		return true;
	}
	for (size_t i = 0; ok && i < doc.n; i++) {
		const struct doc_node	*n = &doc.nodes[i];
		AUTO_FREE char		*shown = n->value == NULL ? NULL :
		    site_value_mask(n->path, n->value);

		if (n->value != NULL)
			ok = shown != NULL ? gaps_give(t, n->value, shown, e) :
			    err_nomem(e);
	}
	doc_fini(&doc);
	return ok;
}

/* Comments and files that no editor reads: a line may give one away. */
static bool
lines_give(const struct taker *t, const struct buf *text, struct err *e)
{
	const char *line = buf_str(text);
	bool	    ok = true;

	while (ok && *line != '\0') {
		AUTO_BUF struct buf	 shown = BUF_INIT;
		size_t			 len = strcspn(line, "\r\n");
		AUTO_FREE char		*plain = strndup(line, len);

		if (plain == NULL)
			return err_nomem(e);
		if (site_diff_mask(NULL, line, len, &shown))
			ok = buf_ok(&shown, e) && gaps_give(t, plain,
			    buf_str(&shown), e);
		explicit_bzero(plain, len);
		line += len;
		line += strspn(line, "\r\n");
	}
	return ok;
}

/* The body of a key in PEM is a secret line by line. */
static bool
key_give(const struct taker *t, const struct buf *text, struct err *e)
{
	const char *line = strstr(buf_str(text), "PRIVATE KEY-----");

	if (line == NULL)
		return true;
	for (line += strcspn(line, "\n"); *line != '\0';) {
		size_t len;

		line += strspn(line, " \r\n");
		len = strcspn(line, "\r\n");
		if (strncmp(line, "-----END", 8) == 0)
			break;
		if (len > 0 && !t->take(t->arg, line, len, e))
			return false;
		line += len;
	}
	return true;
}

static bool
text_secrets(const struct taker *t, const char *path, const struct buf *text,
    struct err *e)
{
	if (!is_text(text))
		return true;
	return values_give(t, path, text, e) && lines_give(t, text, e) &&
	    key_give(t, text, e);
}

static bool
files_now(struct ctx *ctx, const struct site *site, const struct taker *t,
    json_t *seen, struct err *e)
{
	AUTO_JSON json_t	*scan = NULL;
	json_t			*entry;
	const char		*path;

	if (!snapshot_scan(ctx, site, false, &scan, e))
		return false;
	json_object_foreach(json_object_get(scan, "entries"), path, entry) {
		struct buf	text = BUF_INIT;
		bool		ok;

		if (json_str(entry, "sha256") == NULL)
			continue;
		/* One that cannot be read now is not sent either. */
		ok = !text_read(site, path, &text, NULL) ||
		    (text_secrets(t, path, &text, e) && json_object_set_new(
		    seen, json_text(entry, "sha256"), json_true()) == 0);
		buf_wipe(&text);
		if (!ok)
			return false;
	}
	return true;
}

/* A damaged object is no reason to do without the others. */
static bool
files_then(struct ctx *ctx, const json_t *manifest, const struct taker *t,
    json_t *seen, struct err *e)
{
	json_t		*entry;
	const char	*path;

	json_object_foreach(json_object_get(manifest, "entries"), path,
	    entry) {
		const char	*digest = json_str(entry, "sha256");
		struct buf	 text = BUF_INIT;
		bool		 ok = true;

		if (digest == NULL || json_object_get(seen, digest) != NULL ||
		    json_int(entry, "size", 0) > OBJECT_MAX)
			continue;
		if (blob_get(ctx, digest, &text, NULL))
			ok = text_secrets(t, path, &text, e);
		buf_wipe(&text);
		if (!ok || json_object_set_new(seen, digest,
		    json_true()) != 0)
			return false;
	}
	return true;
}

static bool
connections_give(const struct site *site, const struct taker *t,
    struct err *e)
{
	AUTO_SECRET struct secret	*url = NULL;
	const struct site_ldap		*servers = NULL;
	AUTO_FREE char			*shown = NULL;
	size_t				 count = 0;

	if (site_mongo_url(site, &url, NULL, NULL)) {
		shown = site_value_mask("", secret_reveal(url));
		if (shown == NULL)
			return err_nomem(e);
		if (!gaps_give(t, secret_reveal(url), shown, e))
			return false;
	}
	if (!site_ldap_servers(site, &servers, &count, NULL))
		return true;
	for (size_t i = 0; i < count; i++) {
		const struct secret *both[] = { servers[i].bind_password,
		    servers[i].ca_password };

		for (size_t k = 0; k < LENGTH(both); k++)
			if (both[k] != NULL && !give(t, secret_reveal(both[k]),
			    secret_len(both[k]), e))
				return false;
	}
	return true;
}

bool
site_secrets_each(struct ctx *ctx, const struct site *site,
    site_secret_take take, void *arg, struct err *e)
{
	struct taker		 t = { take, arg };
	AUTO_JSON json_t	*seen = json_object(), *ids = NULL;
	json_t			*id;
	size_t			 i;

	err_nomem(e);
	if (seen == NULL || !files_now(ctx, site, &t, seen, e) ||
	    !connections_give(site, &t, e) || !snapshot_ids(ctx, &ids, e))
		return false;
	json_array_foreach(ids, i, id) {
		AUTO_JSON json_t *manifest = NULL;

		if (!cancel_check(ctx->cancel, e))
			return false;
		if (snapshot_load(ctx, json_string_value(id), &manifest,
		    NULL) && !files_then(ctx, manifest, &t, seen, e))
			return false;
	}
	return true;
}

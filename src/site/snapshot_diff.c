/*
 * Two states of a site side by side, always read as "what a restore of the
 * wanted one would do to the other".  Secrets are masked; files of keys are
 * named but never shown.
 */
#include "snapshot.h"

#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/diff.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "site_private.h"
#include "text_daily.def"

static bool
note(json_t *out, const char *path, const char *change, struct err *e)
{
	return json_array_append_new(out, json_pack("{s:s, s:s}", "path",
	    path, "change", change)) == 0 ? true : err_nomem(e);
}

static bool
differs(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	/* jansson: an absent one does not equal an absent one. */
	return x != y && !json_equal(x, y);
}

static bool
compare_one(json_t *out, const char *path, const json_t *have,
    const json_t *want, struct err *e)
{
	bool	 is_changed = differs(have, want, "type") ||
	    differs(have, want, "sha256") || differs(have, want, "target");

	if (is_changed && !note(out, path, "changed", e))
		return false;
	if (differs(have, want, "mode") && !note(out, path, "mode", e))
		return false;
	if ((differs(have, want, "uid") || differs(have, want, "gid")) &&
	    !note(out, path, "owner", e))
		return false;
	if (!is_changed && differs(have, want, "mtime"))
		return note(out, path, "time", e);
	return true;
}

json_t *
snapshot_compare(const json_t *have, const json_t *want, struct err *e)
{
	AUTO_JSON json_t	*all = json_object(), *out = json_array();
	const char		*path;
	json_t			*a, *b, *any;
	AUTO_FREE char		*sorted = NULL;
	AUTO_JSON json_t	*names = NULL;

	if (all == NULL || out == NULL ||
	    json_object_update(all, (json_t *)have) < 0 ||
	    json_object_update(all, (json_t *)want) < 0 ||
	    (sorted = json_canonical(all)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	/* Sorted keys come back in the order of the text. */
	names = json_parse(sorted, strlen(sorted), e);
	json_object_foreach(names, path, any) {
		a = json_object_get(have, path);
		b = json_object_get(want, path);
		if (!(a == NULL ? note(out, path, "added", e) :
		    b == NULL ? note(out, path, "removed", e) :
		    compare_one(out, path, a, b, e)))
			return NULL;
	}
	return names != NULL ? TAKE(out) : NULL;
}

bool
snapshot_holds_keys(const char *path)
{
	static const char *const ends[] = { ".key", ".keys", ".p12", ".pfx",
	    ".jks", ".pem", ".der", ".json" };
	size_t i;

	for (i = 0; i < LENGTH(ends); i++)
		if (str_ends(path, ends[i]))
			return true;
	return false;
}

static bool
is_text(const struct buf *b)
{
	return b->len == 0 || memchr(b->data, '\0', b->len) == NULL;
}

/* The bytes of a file in a state; now: state NULL digest means disk. */
static bool
bytes_of(struct ctx *ctx, const struct site *site, bool is_now,
    const char *path, const json_t *entry, struct buf *out, struct err *e)
{
	const char *digest = json_str(entry, "sha256");

	if (digest == NULL)
		return true;
	if (is_now)
		return file_read(site_root_fd(site), path, SNAPSHOT_FILE_MAX,
		    out, e);
	return blob_get(ctx, digest, out, e);
}

struct sides {
	struct ctx		*ctx;
	const struct site	*site;
	json_t			*have, *want;	/* entries */
	bool			 have_is_now;
};

static bool
add_diff(const struct sides *s, json_t *change, struct err *e)
{
	const char		*path = json_text(change, "path");
	const char		*what = json_text(change, "change");
	AUTO_BUF struct buf	 out = BUF_INIT;
	struct buf		 a = BUF_INIT, b = BUF_INIT;
	bool			 ok;

	if ((strcmp(what, "changed") != 0 && strcmp(what, "added") != 0 &&
	    strcmp(what, "removed") != 0) || snapshot_holds_keys(path))
		return true;
	ok = bytes_of(s->ctx, s->site, s->have_is_now, path,
	    json_object_get(s->have, path), &a, e) &&
	    bytes_of(s->ctx, s->site, false, path,
	    json_object_get(s->want, path), &b, e);
	if (ok && is_text(&a) && is_text(&b))
		ok = diff_unified(path, path, buf_str(&a), a.len, buf_str(&b),
		    b.len, site_diff_mask, NULL, &out, e) && buf_ok(&out, e);
	buf_wipe(&a);
	buf_wipe(&b);
	if (ok && out.len > 0 && json_object_set_new(change, "diff",
	    json_lossy(out.data, out.len)) < 0)
		return err_nomem(e);
	return ok;
}

static bool
read_side(struct sides *s, const json_t *params, struct err *e)
{
	const char		*other = json_str(params, "other");
	AUTO_JSON json_t	*want = NULL, *have = NULL;
	char			 id[SNAPSHOT_ID_SIZE];

	if (!snapshot_find(s->ctx, json_text(params, "id"), id, e) ||
	    !snapshot_load(s->ctx, id, &want, e))
		return false;
	s->have_is_now = other == NULL;
	if (other == NULL && !snapshot_scan(s->ctx, s->site, false, &have, e))
		return false;
	if (other != NULL && (!snapshot_find(s->ctx, other, id, e) ||
	    !snapshot_load(s->ctx, id, &have, e)))
		return false;
	s->want = json_incref(json_object_get(want, "entries"));
	s->have = json_incref(json_object_get(have, "entries"));
	return true;
}

bool
snapshot_diff_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*changes = NULL;
	struct sides		 s = { .ctx = ctx };
	struct site		*site;
	json_t			*change;
	size_t			 i;
	bool			 ok;

	if (!site_need(ctx, &site, e))
		return false;
	s.site = site;
	ok = read_side(&s, params, e) &&
	    (changes = snapshot_compare(s.have, s.want, e)) != NULL;
	json_array_foreach(changes, i, change)
		ok = ok && add_diff(&s, change, e);
	json_decref(s.have);
	json_decref(s.want);
	if (!ok)
		return false;
	*result = json_pack("{s:s, s:O}", "direction", T_SNAP_DIRECTION,
	    "changes", changes);
	return *result != NULL ? true : err_nomem(e);
}

/*
 * Steps that change one document.  Each compares the SHA-256 of the BSON with
 * what the preview saw, as a majority of the set has it; the write itself
 * carries the whole old document as its condition.
 */
#include <string.h>

#include "stconsole/action.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "driver.h"
#include "text.def"

static struct mongo_where
args_where(const json_t *args)
{
	return (struct mongo_where){ json_text(args, "db"),
		json_text(args, "collection") };
}

/* The document with this one's _id, as it is now; text NULL: none. */
static bool
find_same(struct ctx *ctx, const json_t *args, const char *text,
    struct mongo_doc *now, struct err *e)
{
	const struct mongo_where w = args_where(args);
	AUTO_BSON bson_t *doc = mongo_bson(text, e);
	AUTO_FREE char	*filter = doc == NULL ? NULL : mongo_id_filter(doc);
	struct mongo	*m;

	if (doc == NULL)
		return false;
	if (filter == NULL)
		return err_nomem(e);
	return mongo_need(ctx, &m, e) &&
	    mongo_find_one(m, &w, filter, now, e);
}

/* Whether args[name], a filter, matches something. */
static bool
filter_matches(struct ctx *ctx, const json_t *args, const char *name,
    bool *matches, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc found = { .text = NULL };
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	if (!mongo_need(ctx, &m, e) ||
	    !mongo_find_one(m, &w, json_text(args, name), &found, e))
		return false;
	*matches = found.text != NULL;
	return true;
}

static void
seen_digest(json_t *seen, const struct mongo_doc *now)
{
	json_object_set_new(seen, "sha256", now->text == NULL ?
	    json_null() : json_string(now->digest));
}

static bool
insert_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc now = { .text = NULL };
	const char	*text = json_str(memo, "document");
	bool		 taken = false;

	if (text != NULL && !find_same(ctx, args, text, &now, e))
		return false;
	seen_digest(seen, &now);
	if (now.text != NULL) {
		*found = strcmp(now.digest, json_text(memo, "sha256")) == 0 ?
		    PROBE_DONE : PROBE_CHANGED;
		return true;
	}
	/* Somebody else's document that must not be there twice. */
	if (json_str(args, "absent") != NULL &&
	    !filter_matches(ctx, args, "absent", &taken, e))
		return false;
	*found = taken ? PROBE_CHANGED : PROBE_TODO;
	return true;
}

/* The _id is drawn here and kept with the intent, so that a resumed step
 * writes the same document and not a second one. */
static bool
insert_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	AUTO_BSON bson_t *rest = NULL;
	AUTO_BSON bson_t *doc = NULL;
	AUTO_MONGO_DOC struct mongo_doc out = { .text = NULL };
	char		 hex[25];

	(void)ctx;
	if (json_str(memo, "document") != NULL)
		return true;
	if ((rest = mongo_bson(json_text(args, "document"), e)) == NULL)
		return false;
	mongo_id_new(hex);
	doc = bson_new();
	BSON_APPEND_UTF8(doc, "_id", hex);
	bson_concat(doc, rest);
	if (!mongo_doc_set(&out, doc, e))
		return false;
	if (json_object_set_new(memo, "id", json_string(hex)) != 0 ||
	    json_object_set_new(memo, "document", json_string(out.text)) ||
	    json_object_set_new(memo, "sha256", json_string(out.digest)))
		return err_nomem(e);
	return true;
}

static bool
insert_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	return mongo_need(ctx, &m, e) &&
	    mongo_insert(m, &w, json_text(memo, "document"), e);
}

static bool
insert_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	return mongo_need(ctx, &m, e) &&
	    mongo_delete(m, &w, json_text(memo, "document"), e);
}

static bool
delete_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc now = { .text = NULL };
	bool		 witness = true;

	(void)memo;
	if (!find_same(ctx, args, json_text(args, "document"), &now, e))
		return false;
	seen_digest(seen, &now);
	*found = PROBE_DONE;
	if (now.text == NULL)
		return true;
	/* The one that must remain: without it this could be the last. */
	if (json_str(args, "witness") != NULL &&
	    !filter_matches(ctx, args, "witness", &witness, e))
		return false;
	*found = witness && strcmp(now.digest,
	    json_text(args, "sha256")) == 0 ? PROBE_TODO : PROBE_CHANGED;
	return true;
}

static bool
delete_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	(void)memo;
	return mongo_need(ctx, &m, e) &&
	    mongo_delete(m, &w, json_text(args, "document"), e);
}

static bool
delete_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	char		 digest[DIGEST_HEX_SIZE];
	struct mongo	*m;

	(void)memo;
	if (!mongo_text_digest(json_text(args, "document"), digest, e))
		return false;
	if (strcmp(digest, json_text(args, "sha256")) != 0)
		return err_set(e, ERR_MONGO, 0, T_DOC_DIGEST, w.db,
		    w.collection);
	return mongo_need(ctx, &m, e) &&
	    mongo_insert(m, &w, json_text(args, "document"), e);
}

static bool
replace_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc now = { .text = NULL };

	(void)memo;
	if (!find_same(ctx, args, json_text(args, "document"), &now, e))
		return false;
	seen_digest(seen, &now);
	*found = PROBE_CHANGED;
	if (now.text == NULL)
		return true;
	if (strcmp(now.digest, json_text(args, "after_sha256")) == 0)
		*found = PROBE_DONE;
	else if (strcmp(now.digest, json_text(args, "sha256")) == 0)
		*found = PROBE_TODO;
	return true;
}

static bool
replace_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	(void)memo;
	return mongo_need(ctx, &m, e) &&
	    mongo_replace(m, &w, json_text(args, "document"),
	    json_text(args, "after"), e);
}

static bool
replace_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const struct mongo_where w = args_where(args);
	struct mongo	*m;

	(void)memo;
	return mongo_need(ctx, &m, e) &&
	    mongo_replace(m, &w, json_text(args, "after"),
	    json_text(args, "document"), e);
}

const struct action mongo_actions[MONGO_ACTIONS] = {
	{ .name = "mongo.insert", .kind = STEP_WRITE, .probe = insert_probe,
	  .prepare = insert_prepare, .act = insert_act,
	  .undo = insert_undo },
	{ .name = "mongo.delete", .kind = STEP_WRITE, .probe = delete_probe,
	  .act = delete_act, .undo = delete_undo },
	{ .name = "mongo.replace", .kind = STEP_WRITE,
	  .probe = replace_probe, .act = replace_act,
	  .undo = replace_undo },
};

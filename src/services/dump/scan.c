/*
 * Reading a whole collection, or a range of it, at one time or as a majority
 * has it now.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "dump.h"

#define CHECK_EVERY	1024	/* documents between looks at cancel */

/* "1": as listCollections and find name them in every version. */
static int
scan_first_batch(const struct mongo_scan *s)
{
	uint32_t	 want = s->batch_bytes > 0 ? s->batch_bytes :
	    SCAN_BATCH_BYTES;
	uint64_t	 one;

	if (s->count == 0 || s->bytes == 0)
		return 101;
	one = s->bytes / s->count + 1;
	return want / one < 1 ? 1 : (int)(want / one);
}

static json_t *
scan_concern(struct mongo *m, const struct mongo_scan *s)
{
	if (s->at != 0)
		return json_pack("{s:s,s:{s:{s:I,s:I}}}", "level", "snapshot",
		    "atClusterTime", "$timestamp", "t",
		    (json_int_t)(s->at >> 32), "i",
		    (json_int_t)(s->at & UINT32_MAX));
	return json_pack("{s:s}", "level", mongo_kind(m) == MONGO_STANDALONE ?
	    "local" : "majority");
}

static bool
put_text(json_t *command, const char *key, const char *text, struct err *e)
{
	json_t	*value;

	if (text == NULL)
		return true;
	value = json_parse(text, strlen(text), e);
	return value != NULL &&
	    (json_object_set_new(command, key, value) == 0 || err_nomem(e));
}

static json_t *
scan_command(struct mongo *m, const struct mongo_scan *s, struct err *e)
{
	AUTO_JSON json_t *command = json_pack("{s:s,s:i,s:o}", "find",
	    s->collection, "batchSize", scan_first_batch(s), "readConcern",
	    scan_concern(m, s));

	if (command == NULL) {
		err_nomem(e);
		return NULL;
	}
	if ((s->min != NULL || s->max != NULL) &&
	    json_object_set_new(command, "hint", json_pack("{s:i}", "_id",
	    1)) != 0) {
		err_nomem(e);
		return NULL;
	}
	if (!put_text(command, "filter", s->filter, e) ||
	    !put_text(command, "min", s->min, e) ||
	    !put_text(command, "max", s->max, e))
		return NULL;
	return TAKE(command);
}

bool
scan_open(struct mongo *m, const struct mongo_scan *s,
    struct mongo_cursor **out, struct err *e)
{
	AUTO_JSON json_t *command = scan_command(m, s, e);
	AUTO_FREE char	 *text = command == NULL ? NULL :
	    json_dumps(command, JSON_COMPACT);
	const struct mongo_cursor_spec spec = { .db = s->db, .command = text,
		.batch_bytes = s->batch_bytes > 0 ? s->batch_bytes :
		SCAN_BATCH_BYTES, .role = "read" };

	return text != NULL && mongo_cursor_open(m, &spec, out, e);
}

bool
mongo_scan_run(struct mongo *m, const struct mongo_scan *s,
    struct mongo_hash *hash, bool (*each)(void *arg, struct mongo_bytes doc,
    struct err *e), void *arg, const struct cancel *cancel, struct err *e)
{
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	struct mongo_bytes	 doc;
	unsigned		 n;

	if (!scan_open(m, s, &c, e))
		return false;
	for (n = 0;; n++) {
		if (n % CHECK_EVERY == 0 && !cancel_check(cancel, e))
			return false;
		if (!mongo_cursor_next(c, &doc, e))
			return false;
		if (doc.data == NULL)
			return true;
		if (hash != NULL)
			mongo_hash_add(hash, doc.data, doc.len);
		if (each != NULL && !each(arg, doc, e))
			return false;
	}
}

bool
scan_is_outside(const struct err *e)
{
	/* InvalidOptions (4.4: no snapshots), SnapshotTooOld,
	 * SnapshotUnavailable; mongodb-real.md H. */
	return e->domain == ERR_MONGO && (e->code == 72 || e->code == 239 ||
	    e->code == 246);
}

bool
scan_may_split(const json_t *entry)
{
	return !json_flag(entry, "capped") &&
	    strstr(json_text(entry, "options"), "\"clusteredIndex\"") == NULL;
}

/* Every step-th of the sampled ids, none twice. */
static json_t *
split_choose(const json_t *sample, unsigned pieces)
{
	AUTO_JSON json_t *out = json_array();
	size_t		 n = json_array_size(sample), i, at;
	const json_t	*last = NULL, *id;

	for (i = 1; out != NULL && i < pieces; i++) {
		at = n * i / pieces;
		id = json_array_get(sample, at);
		if (id == NULL || (last != NULL && json_equal(last, id)))
			continue;
		last = id;
		AUTO_FREE char *text = json_dumps(id, JSON_COMPACT);

		if (text == NULL ||
		    json_array_append_new(out, json_string(text)) != 0)
			return NULL;
	}
	return TAKE(out);
}

bool
scan_split(struct mongo *m, const struct mongo_scan *s, unsigned pieces,
    json_t **bounds, struct err *e)
{
	AUTO_JSON json_t *sample = NULL;
	json_t		*command = json_pack("{s:s,s:[{s:{s:i}},{s:{s:i}},"
	    "{s:{s:i}}],s:{}}", "aggregate", s->collection, "pipeline",
	    "$sample", "size", (int)pieces * 16, "$project", "_id", 1,
	    "$sort", "_id", 1, "cursor");

	if (!ask_list(m, s->db, command, "read", &sample, e))
		return false;
	*bounds = split_choose(sample, pieces);
	return *bounds != NULL || err_nomem(e);
}

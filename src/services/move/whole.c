/*
 * Both sides read whole and compared, where that takes a moment only.
 *
 * A difference is not a loss when the time of a document had passed by a TTL
 * index: the source's server goes on removing such while the copy waits.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"
#include "text.def"

/* The hashes of the documents of one side. */
struct prints {
	struct mongo_hash	*list;
	size_t			 count, size;
};

static bool
print_add(void *arg, struct mongo_bytes doc, struct err *e)
{
	struct prints		*p = arg;
	struct mongo_hash	*list;

	if (p->count == p->size) {
		p->size = p->size == 0 ? 1024 : 2 * p->size;
		list = realloc(p->list, p->size * sizeof(*list));
		if (list == NULL)
			return err_nomem(e);
		p->list = list;
	}
	memset(&p->list[p->count], 0, sizeof(p->list[0]));
	mongo_hash_add(&p->list[p->count++], doc.data, doc.len);
	return true;
}

static int
print_order(const void *x, const void *y)
{
	const struct mongo_hash *a = x, *b = y;

	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

static bool
prints_have(const struct prints *p, const struct mongo_hash *h)
{
	return p->count > 0 && bsearch(h, p->list, p->count, sizeof(*h),
	    print_order) != NULL;
}

/* --- what differs ------------------------------------------------------- */

struct differing {
	const json_t		*entry;
	const struct prints	*other;
	int64_t			 now_ms;
	uint64_t		 expired, lost;
};

static bool
date_of(const json_t *doc, const char *field, int64_t *ms)
{
	const json_t	*date = json_object_get(json_object_get(doc, field),
	    "$date");

	if (date == NULL)
		return false;
	*ms = move_number(date);
	return true;
}

/* By one TTL index: its only member is a date that lies far enough back. */
static bool
is_expired(const struct differing *d, const json_t *doc)
{
	const json_t	*text, *key;
	const char	*field;
	int64_t		 at_ms;
	size_t		 i;

	json_array_foreach (json_object_get(d->entry, "indexes"), i, text) {
		AUTO_JSON json_t *index = json_loads(
		    json_string_value(text), 0, NULL);

		if (json_object_get(index, "expireAfterSeconds") == NULL)
			continue;
		key = json_object_get(index, "key");
		field = json_object_iter_key(json_object_iter(
		    (json_t *)key));
		if (field != NULL && date_of(doc, field, &at_ms) && at_ms +
		    move_number(json_object_get(index,
		    "expireAfterSeconds")) * 1000 < d->now_ms)
			return true;
	}
	return false;
}

static bool
differing_see(void *arg, struct mongo_bytes bytes, struct err *e)
{
	struct differing	*d = arg;
	struct mongo_hash	 h = { 0, 0, 0, 0 };
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_JSON json_t	*doc = NULL;

	mongo_hash_add(&h, bytes.data, bytes.len);
	if (prints_have(d->other, &h))
		return true;
	if (!mongo_bytes_text(bytes, &text, e) ||
	    (doc = move_parse(buf_str(&text), e)) == NULL)
		return false;
	if (is_expired(d, doc))
		d->expired++;
	else
		d->lost++;
	return true;
}

static bool
scan(struct move *m, struct mongo *side, const json_t *item,
    struct mongo_hash *hash, bool (*each)(void *arg, struct mongo_bytes doc,
    struct err *e), void *arg, struct err *e)
{
	struct mongo_scan s = { .db = json_text(item, "db"),
		.collection = move_item_data(item) };

	return mongo_scan_run(side, &s, hash, each, arg, m->ctx->cancel, e);
}

static bool
item_explain(struct move *m, const json_t *item, struct prints *source,
    struct prints *target, struct err *e)
{
	struct differing d = { .entry = json_object_get(item, "entry"),
		.now_ms = clock_wall_ms(m->ctx->clock) };

	if (!scan(m, m->source, item, NULL, print_add, source, e) ||
	    !scan(m, m->target, item, NULL, print_add, target, e))
		return false;
	qsort(source->list, source->count, sizeof(*source->list),
	    print_order);
	qsort(target->list, target->count, sizeof(*target->list),
	    print_order);
	d.other = target;
	if (!scan(m, m->source, item, NULL, differing_see, &d, e))
		return false;
	d.other = source;
	if (!scan(m, m->target, item, NULL, differing_see, &d, e))
		return false;
	if (d.lost > 0)
		return err_set(e, ERR_MONGO, 0, T_WHOLE_DIFFERS,
		    json_text(item, "db"), json_text(item, "name"),
		    (long long)d.lost);
	return d.expired == 0 || move_remark(m, e, T_EXPIRED,
	    json_text(item, "db"), json_text(item, "name"),
	    (long long)d.expired);
}

static bool
item_verify(struct move *m, const json_t *item, struct err *e)
{
	struct mongo_hash	 a = { 0, 0, 0, 0 }, b = { 0, 0, 0, 0 };
	struct prints		 source = { NULL, 0, 0 };
	struct prints		 target = { NULL, 0, 0 };
	bool			 ok;

	if (!scan(m, m->source, item, &a, NULL, NULL, e) ||
	    !scan(m, m->target, item, &b, NULL, NULL, e))
		return false;
	if (mongo_hash_is_equal(&a, &b))
		return true;
	ok = item_explain(m, item, &source, &target, e);
	free(source.list);
	free(target.list);
	return ok;
}

bool
whole_verify(struct move *m, int64_t most_bytes, struct err *e)
{
	const json_t	*items = json_object_get(m->state, "items"), *item;
	int64_t		 bytes = 0;
	size_t		 i;

	json_array_foreach (items, i, item)
		bytes += json_int(item, "bytes", 0);
	if (!move_set(m, "whole", json_boolean(bytes <= most_bytes), e))
		return false;
	if (bytes > most_bytes)
		return true;
	json_array_foreach (items, i, item)
		if (move_item_has_documents(item) &&
		    !item_verify(m, item, e))
			return false;
	return true;
}

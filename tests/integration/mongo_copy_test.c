/*
 * Whole collections from one real server to another, and the proof that
 * both hold the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongo_peers.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/str.h"

#define ITEMS_MAX	64

static struct mongo_peer source, target;
static struct mongo	*from, *to;

static int
start(void **state)
{
	(void)state;
	source = mongo_peer_server("rs0");
	target = mongo_peer_server("rs0");
	mongo_peer_initiate(&source);
	mongo_peer_initiate(&target);
	from = mongo_peer_open(&source);
	to = mongo_peer_open(&target);
	mongo_peer_zoo(from, true);
	mongo_peer_run(to, "admin", "{\"setParameter\":1,"
	    "\"ttlMonitorEnabled\":false}");
	mongo_peer_fill(from, "meeting", "big", 120000, 500);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	mongo_close(from);
	mongo_close(to);
	mongo_peer_end(&source);
	mongo_peer_end(&target);
	return 0;
}

static json_t *
catalog(struct mongo *m)
{
	json_t		*out;
	struct err	 e;

	mongo_peer_did(mongo_catalog_read(m, mongo_sametime_databases, &out,
	    &e), &e);
	return out;
}

/* One line for each difference. */
static void
expect_equal(const json_t *a, const json_t *b)
{
	AUTO_JSON json_t *lines = mongo_catalog_compare(a, b);
	AUTO_FREE char	*text = json_dumps(lines, 0);

	assert_string_equal(text, "[]");
}

struct seen {
	uint64_t	 docs, bytes;
	int		 done, calls;
};

static void
on_progress(void *arg, const struct mongo_copy *c, size_t item,
    uint64_t docs, uint64_t bytes)
{
	struct seen	*seen = arg;

	assert_true(item < c->count);
	seen->calls++;
	seen->docs = docs;
	seen->bytes = bytes;
}

static bool
on_done(void *arg, const struct mongo_copy *c, size_t item, struct err *e)
{
	(void)e;
	assert_true(c->items[item].is_done);
	((struct seen *)arg)->done++;
	return true;
}

static size_t
items_make(const json_t *list, struct mongo_copy_item *items)
{
	const json_t	*db, *c;
	struct err	 e;
	size_t		 i, k, n = 0;

	json_array_foreach(list, i, db)
		json_array_foreach(json_object_get(db, "collections"), k, c) {
			mongo_peer_did(mongo_catalog_create(to,
			    json_text(db, "db"), c, &e), &e);
			if (strcmp(json_text(c, "type"), "view") == 0)
				continue;
			items[n++] = (struct mongo_copy_item){
				.db = json_text(db, "db"),
				.name = json_text(c, "name"), .entry = c };
		}
	return n;
}

static void
indexes_make(const json_t *list, bool ttl)
{
	const json_t	*db, *c;
	struct err	 e;
	size_t		 i, k;

	json_array_foreach(list, i, db)
		json_array_foreach(json_object_get(db, "collections"), k, c)
			mongo_peer_did(mongo_catalog_index(to,
			    json_text(db, "db"), c, ttl, &e), &e);
}

static uint64_t
now_at(void)
{
	const struct mongo_cursor_spec spec = { .db = "meeting",
		.command = "{\"find\":\"empty\",\"readConcern\":{\"level\":"
		"\"snapshot\"}}" };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	struct err	 e;

	mongo_peer_did(mongo_cursor_open(from, &spec, &c, &e), &e);
	return mongo_cursor_time(c);
}

static void
proved(const struct mongo_copy_item *item)
{
	const char	*buckets = json_str(item->entry, "buckets");
	const struct mongo_scan scan = { .db = item->db,
		.collection = buckets != NULL ? buckets : item->name };
	struct mongo_hash a = { 0 }, b = { 0 };
	struct err	 e;

	mongo_peer_did(mongo_scan_run(from, &scan, &a, NULL, NULL, NULL, &e),
	    &e);
	mongo_peer_did(mongo_scan_run(to, &scan, &b, NULL, NULL, NULL, &e),
	    &e);
	if (!mongo_hash_is_equal(&a, &b) ||
	    !mongo_hash_is_equal(&a, &item->hash))
		fail_msg("%s.%s: %d, %d and %d documents", item->db,
		    item->name, (int)a.count, (int)b.count,
		    (int)item->hash.count);
}

static void
a_copy_holds_the_same(void **state)
{
	AUTO_JSON json_t	*list = catalog(from), *there = NULL;
	struct mongo_copy_item	 items[ITEMS_MAX];
	AUTO_SECRET struct secret *a = mongo_peer_url(&source);
	AUTO_SECRET struct secret *b = mongo_peer_url(&target);
	struct seen		 seen = { 0 };
	struct mongo_copy	 copy = { .from = a, .to = b,
		.at = now_at(), .workers = 2, .timeout_ms = 5000,
		.items = items, .progress = on_progress, .done = on_done,
		.arg = &seen };
	struct err		 e;
	size_t			 i;

	(void)state;
	copy.count = items_make(list, items);
	/* As an interrupted run leaves it. */
	mongo_peer_fill(to, "meeting", "big", 10, 20);
	mongo_peer_did(mongo_copy_run(&copy, &e), &e);
	indexes_make(list, false);
	indexes_make(list, true);
	assert_int_equal(seen.done, copy.count);
	for (i = 0; i < copy.count; i++) {
		assert_true(items[i].outside ==
		    json_flag(items[i].entry, "capped"));
		proved(&items[i]);
	}
	there = catalog(to);
	expect_equal(list, there);
}

static void
what_differs_is_named(void **state)
{
	AUTO_JSON json_t	*a = catalog(from), *b = NULL, *lines = NULL;
	AUTO_FREE char		*text = NULL;

	(void)state;
	mongo_peer_run(to, "meeting", "{\"dropIndexes\":\"people\","
	    "\"index\":\"n_t\"}");
	mongo_peer_run(to, "meeting", "{\"drop\":\"empty\"}");
	mongo_peer_run(to, "chatlogging", "{\"collMod\":\"EVENTS\","
	    "\"index\":{\"name\":\"TimeStamp_1\","
	    "\"expireAfterSeconds\":60}}");
	b = catalog(to);
	lines = mongo_catalog_compare(a, b);
	text = json_dumps(lines, 0);
	assert_string_equal(text, "[\"chatlogging.EVENTS: index TimeStamp_1 "
	    "has another expireAfterSeconds\", \"meeting.empty is missing\", "
	    "\"meeting.people: index n_t is missing\"]");
}

static void
a_collection_that_is_another_is_refused(void **state)
{
	AUTO_JSON json_t *entry = json_pack("{s:s,s:s,s:s,s:[]}", "name",
	    "capped", "type", "collection", "options", "{}", "indexes");
	struct err	 e;

	(void)state;
	assert_false(mongo_catalog_create(to, "meeting", entry, &e));
	assert_int_equal(e.domain, ERR_CHANGED);
	assert_non_null(strstr(e.msg, "option capped is another"));
}

static void
a_database_that_never_was_is_absent(void **state)
{
	static const char *const names[] = { "privacy", "meeting", NULL };
	AUTO_JSON json_t *list = NULL;
	struct err	 e;

	(void)state;
	mongo_peer_did(mongo_catalog_read(from, names, &list, &e), &e);
	assert_true(json_flag(json_array_get(list, 0), "absent"));
	assert_false(json_flag(json_array_get(list, 1), "absent"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_holds_the_same),
		cmocka_unit_test(what_differs_is_named),
		cmocka_unit_test(a_collection_that_is_another_is_refused),
		cmocka_unit_test(a_database_that_never_was_is_absent),
	};

	return cmocka_run_group_tests(tests, start, stop);
}

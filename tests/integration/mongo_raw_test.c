/*
 * Documents as bytes on a real server: what comes out is what went in, byte
 * by byte, in batches of the wanted size; what a server refuses is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mongo_peer.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_raw.h"
#include "stconsole/str.h"

static struct mongo_peer peer;
static struct mongo	*m;

static void
did(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s (%s)", e->msg, e->hint);
}

static struct mongo *
peer_open(const char *options)
{
	AUTO_FREE char		  *url = str_format("mongodb://127.0.0.1:%d/"
	    "?directConnection=true%s", peer.port, options);
	AUTO_SECRET struct secret *s;
	struct mongo		  *out;
	struct err		   e;

	s = secret_new(url, strlen(url), &e);
	did(mongo_open_url(s, MONGO_ANY, 5000, &out, &e), &e);
	return out;
}

static void
run(const char *db, const char *command)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 e;

	did(mongo_command(m, db, command, "root", &reply, &e), &e);
}

/* A set of one member that is its primary. */
static int
peer_start(void **state)
{
	AUTO_FREE char	*initiate;
	struct err	 e;
	int		 tries;

	(void)state;
	peer = mongo_peer_server("rs0");
	m = peer_open("");
	initiate = str_format("{\"replSetInitiate\":{\"_id\":\"rs0\","
	    "\"members\":[{\"_id\":0,\"host\":\"127.0.0.1:%d\"}]}}",
	    peer.port);
	run("admin", initiate);
	for (tries = 0; tries < 200; tries++) {
		AUTO_JSON json_t *reply = NULL;

		did(mongo_command(m, "admin", "{\"hello\":1}", "root", &reply,
		    &e), &e);
		if (json_flag(reply, "isWritablePrimary"))
			return 0;
		cancel_wait(NULL, 50);
	}
	fail_msg("no primary");
	return 1;
}

static int
peer_stop(void **state)
{
	(void)state;
	mongo_close(m);
	mongo_peer_end(&peer);
	return 0;
}

/* Inserts one document given as text into raw.NAME. */
static struct mongo_inserted
put(const char *name, bool keeps, const char *const *texts, size_t count)
{
	struct mongo_insert_spec spec = { "raw", name, .is_majority = true,
		.keeps_timestamps = keeps };
	struct mongo_inserted	 r = { 0 };
	struct buf		 all[8] = { { 0 } };
	struct mongo_bytes	 docs[8];
	struct err		 e;
	size_t			 i;

	for (i = 0; i < count; i++) {
		did(mongo_text_bytes(texts[i], &all[i], &e), &e);
		docs[i] = (struct mongo_bytes){ (uint8_t *)all[i].data,
			(uint32_t)all[i].len };
	}
	did(mongo_insert_many(m, &spec, docs, count, &r, &e), &e);
	for (i = 0; i < count; i++)
		buf_fini(&all[i]);
	return r;
}

static const char kinds[] = "{ \"_id\" : { \"$oid\" : "
    "\"5f43a1b2c3d4e5f601020304\" }, "
    "\"d\" : { \"$numberDouble\" : \"1.0\" }, "
    "\"l\" : { \"$numberLong\" : \"9007199254740993\" }, "
    "\"t\" : { \"$timestamp\" : { \"t\" : 0, \"i\" : 0 } }, "
    "\"t.u\" : { \"$timestamp\" : { \"t\" : 0, \"i\" : 0 } }, "
    "\"in\" : { \"t\" : { \"$timestamp\" : { \"t\" : 0, \"i\" : 0 } } }, "
    "\"a.b\" : { \"$numberInt\" : \"0\" }, "
    "\"\" : [ null, true ], "
    "\"b\" : { \"$binary\" : { \"base64\" : \"AAEC\", "
    "\"subType\" : \"80\" } } }";

static void
the_bytes_that_went_in_come_out(void **state)
{
	const struct mongo_cursor_spec spec = { .db = "raw",
		.command = "{\"find\":\"kinds\"}" };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	AUTO_BUF struct buf	 want = BUF_INIT, text = BUF_INIT;
	const char		*texts[] = { kinds };
	struct mongo_bytes	 doc;
	struct err		 e;

	(void)state;
	assert_int_equal(put("kinds", true, texts, 1).inserted, 1);
	did(mongo_text_bytes(kinds, &want, &e), &e);
	did(mongo_cursor_open(m, &spec, &c, &e), &e);
	did(mongo_cursor_next(c, &doc, &e), &e);
	did(mongo_bytes_text(doc, &text, &e), &e);
	assert_string_equal(buf_str(&text), kinds);
	assert_int_equal(doc.len, want.len);
	assert_memory_equal(doc.data, want.data, want.len);
	assert_true(mongo_bytes_are_whole(doc.data, doc.len));
	did(mongo_cursor_next(c, &doc, &e), &e);
	assert_null(doc.data);
	assert_true(mongo_cursor_time(c) > (uint64_t)1600000000 << 32);
}

static void
documents_that_fail_are_counted(void **state)
{
	const char	*texts[] = { "{\"_id\":1}", "{\"_id\":1}",
		"{\"_id\":{\"$regularExpression\":{\"pattern\":\"a\","
		"\"options\":\"\"}}}", "{\"_id\":2}" };
	struct mongo_inserted r = put("failed", false, texts, 4);

	(void)state;
	assert_int_equal(r.inserted, 2);
	assert_int_equal(r.duplicates, 1);
	assert_int_equal(r.failed, 1);
	assert_non_null(strstr(r.why.msg, "write raw.failed"));
}

static void
many(const char *name, size_t count, size_t size)
{
	const struct mongo_insert_spec spec = { .db = "raw",
		.collection = name };
	struct mongo_bytes	*docs = calloc(count, sizeof(*docs));
	AUTO_FREE char		*fill = malloc(size + 1);
	struct mongo_inserted	 r = { 0 };
	struct buf		*all = calloc(count, sizeof(*all));
	struct err		 e;
	size_t			 i;

	memset(fill, 'x', size);
	fill[size] = '\0';
	for (i = 0; i < count; i++) {
		AUTO_FREE char *text = str_format("{\"_id\":%zu,\"f\":\"%s\"}",
		    i, fill);

		did(mongo_text_bytes(text, &all[i], &e), &e);
		docs[i] = (struct mongo_bytes){ (uint8_t *)all[i].data,
			(uint32_t)all[i].len };
	}
	did(mongo_insert_many(m, &spec, docs, count, &r, &e), &e);
	assert_int_equal(r.inserted, count);
	for (i = 0; i < count; i++)
		buf_fini(&all[i]);
	free(all);
	free(docs);
}

static void
a_long_collection_comes_in_batches(void **state)
{
	const struct mongo_cursor_spec spec = { .db = "raw",
		.command = "{\"find\":\"many\",\"batchSize\":10}",
		.batch_bytes = 65536 };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	struct mongo_bytes	 doc;
	struct err		 e;
	size_t			 n = 0, id_len = 0;

	(void)state;
	many("many", 20000, 100);
	did(mongo_cursor_open(m, &spec, &c, &e), &e);
	for (;;) {
		did(mongo_cursor_next(c, &doc, &e), &e);
		if (doc.data == NULL)
			break;
		n++;
		if (n == 20000) {
			AUTO_BUF struct buf id = BUF_INIT;

			did(mongo_bytes_id(doc, &id, &e), &e);
			id_len = id.len;
		}
	}
	assert_int_equal(n, 20000);
	assert_int_equal(id_len, 14);
}

static void
a_cursor_given_up_is_closed_on_the_server(void **state)
{
	const struct mongo_cursor_spec spec = { .db = "raw",
		.command = "{\"find\":\"many\",\"batchSize\":10}" };
	struct mongo_cursor	*c = NULL;
	struct mongo_bytes	 doc;
	AUTO_FREE char		*status = NULL;
	struct err		 e;

	(void)state;
	did(mongo_cursor_open(m, &spec, &c, &e), &e);
	did(mongo_cursor_next(c, &doc, &e), &e);
	mongo_cursor_free(c);
	did(mongo_command_canonical(m, "admin", "{\"serverStatus\":1}",
	    "clusterMonitor", &status, &e), &e);
	assert_non_null(strstr(status, "\"open\" : { \"noTimeout\" : "
	    "{ \"$numberLong\" : \"0\" }, \"pinned\" : { \"$numberLong\" : "
	    "\"0\" }, \"total\" : { \"$numberLong\" : \"0\" }"));
}

static void
a_snapshot_shows_its_time_only(void **state)
{
	const char	*first[] = { "{\"_id\":1}" }, *then[] = {
		"{\"_id\":2}" };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL, *late = NULL;
	struct mongo_cursor_spec spec = { .db = "raw",
		.command = "{\"find\":\"snap\",\"readConcern\":"
		"{\"level\":\"snapshot\"}}" };
	AUTO_FREE char		*at = NULL;
	struct mongo_bytes	 doc;
	struct err		 e;
	uint64_t		 t;

	(void)state;
	put("snap", false, first, 1);
	did(mongo_cursor_open(m, &spec, &c, &e), &e);
	t = mongo_cursor_time(c);
	put("snap", false, then, 1);
	at = str_format("{\"find\":\"snap\",\"readConcern\":{\"level\":"
	    "\"snapshot\",\"atClusterTime\":{\"$timestamp\":{\"t\":%u,"
	    "\"i\":%u}}}}", (unsigned)(t >> 32), (unsigned)t);
	spec.command = at;
	did(mongo_cursor_open(m, &spec, &late, &e), &e);
	assert_true(mongo_cursor_time(late) == t);
	did(mongo_cursor_next(late, &doc, &e), &e);
	assert_non_null(doc.data);
	did(mongo_cursor_next(late, &doc, &e), &e);
	assert_null(doc.data);
}

static void
a_change_stream_waits_and_goes_on(void **state)
{
	const struct mongo_cursor_spec spec = { .db = "raw",
		.command = "{\"aggregate\":1,\"pipeline\":[{\"$changeStream\":"
		"{}}],\"cursor\":{}}", .await_ms = 100 };
	const char		*texts[] = { "{\"_id\":1}" };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct mongo_bytes	 doc;
	struct err		 e;
	int			 tries;

	(void)state;
	did(mongo_cursor_open(m, &spec, &c, &e), &e);
	did(mongo_cursor_next(c, &doc, &e), &e);
	assert_null(doc.data);
	assert_non_null(mongo_cursor_token(c).data);
	put("stream", false, texts, 1);
	for (tries = 0; tries < 100 && doc.data == NULL; tries++)
		did(mongo_cursor_next(c, &doc, &e), &e);
	assert_non_null(doc.data);
	did(mongo_bytes_text(doc, &text, &e), &e);
	assert_non_null(strstr(buf_str(&text), "\"coll\" : \"stream\""));
}

static void
what_is_no_document_is_told(void **state)
{
	static const uint8_t	 good[] = { 5, 0, 0, 0, 0 };
	static const uint8_t	 longer[] = { 6, 0, 0, 0, 0 };
	static const uint8_t	 open_end[] = { 5, 0, 0, 0, 1 };
	static const uint8_t	 cut[] = { 12, 0, 0, 0, 0x12, 'a', 0, 1, 0, 0,
		0, 0 };

	(void)state;
	assert_true(mongo_bytes_are_whole(good, 5));
	assert_false(mongo_bytes_are_whole(longer, 5));
	assert_false(mongo_bytes_are_whole(open_end, 5));
	assert_false(mongo_bytes_are_whole(cut, 12));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_that_went_in_come_out),
		cmocka_unit_test(documents_that_fail_are_counted),
		cmocka_unit_test(a_long_collection_comes_in_batches),
		cmocka_unit_test(a_cursor_given_up_is_closed_on_the_server),
		cmocka_unit_test(a_snapshot_shows_its_time_only),
		cmocka_unit_test(a_change_stream_waits_and_goes_on),
		cmocka_unit_test(what_is_no_document_is_told),
	};

	return cmocka_run_group_tests(tests, peer_start, peer_stop);
}

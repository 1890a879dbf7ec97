/*
 * Cursors whose documents are passed on as they came: one command, then
 * getMore, the bytes read where the reply has them.  The getMores are ours
 * and not the driver's because it keeps a change stream's resume token to
 * itself and asks for a number of documents, never for bytes.
 *
 * A cursor belongs to the session and the server that opened it: both are
 * held for its life (a session of the driver's choice may be another one for
 * each command).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "raw.h"
#include "text.def"

struct mongo_cursor {
	struct mongo		*m;
	char			*db, *collection;
	int64_t			 id;		/* 0: the server has no more */
	int32_t			 batch_docs;
	uint32_t		 batch_bytes;
	int			 await_ms;
	char			*role;
	char			 what[256];	/* in words, for errors */
	mongoc_client_session_t	*session;	/* NULL: a server without */
	uint32_t		 server;
	bson_t			 reply;
	bool			 has_reply;
	bool			 wants_more;	/* awaited: ask at the next */
	const uint8_t		*at, *end;	/* of the batch's elements */
	uint64_t		 docs, bytes;	/* what came so far */
	uint64_t		 time;
	struct buf		 token;
};

static bool
cursor_blame(struct mongo_cursor *c, const bson_error_t *be, struct err *e)
{
	const struct mongo_need	 need = { c->what, c->role, c->db };

	return mongo_blame(c->m, be, &need, e);
}

/* The server that will answer, for all commands of this cursor. */
static bool
cursor_server(struct mongo_cursor *c, struct err *e)
{
	mongoc_read_prefs_t	*prefs =
	    mongoc_read_prefs_new(MONGOC_READ_PRIMARY_PREFERRED);
	mongoc_server_description_t *sd;
	mongoc_session_opt_t	*so;
	bson_error_t		 be;

	sd = mongoc_client_select_server(c->m->client, false, prefs, &be);
	mongoc_read_prefs_destroy(prefs);
	if (sd == NULL)
		return cursor_blame(c, &be, e);
	c->server = mongoc_server_description_id(sd);
	mongoc_server_description_destroy(sd);
	so = mongoc_session_opts_new();
	mongoc_session_opts_set_causal_consistency(so, false);
	c->session = mongoc_client_start_session(c->m->client, so, &be);
	mongoc_session_opts_destroy(so);
	return true;
}

static void
reply_drop(struct mongo_cursor *c)
{
	if (c->has_reply)
		bson_destroy(&c->reply);
	c->has_reply = false;
	c->at = c->end = NULL;
}

static void
reply_token(struct mongo_cursor *c, const bson_iter_t *it)
{
	const uint8_t	*data;
	uint32_t	 len;

	if (!BSON_ITER_HOLDS_DOCUMENT(it))
		return;
	bson_iter_document(it, &len, &data);
	buf_reset(&c->token);
	buf_add(&c->token, data, len);
}

static void
reply_batch(struct mongo_cursor *c, const bson_iter_t *it)
{
	const uint8_t	*data;
	uint32_t	 len;

	bson_iter_array(it, &len, &data);
	if (len < 5)
		return;
	c->at = data + 4;
	c->end = data + len - 1;
}

static void
reply_time(struct mongo_cursor *c, const bson_iter_t *it)
{
	uint32_t	 t, i;

	if (!BSON_ITER_HOLDS_TIMESTAMP(it))
		return;
	bson_iter_timestamp(it, &t, &i);
	c->time = (uint64_t)t << 32 | i;
}

static void
reply_cursor(struct mongo_cursor *c, bson_iter_t *in, bool *has_time)
{
	const char	*key, *dot;

	while (bson_iter_next(in)) {
		key = bson_iter_key(in);
		if (strcmp(key, "id") == 0)
			c->id = bson_iter_as_int64(in);
		else if (strcmp(key, "postBatchResumeToken") == 0)
			reply_token(c, in);
		else if ((strcmp(key, "firstBatch") == 0 ||
		    strcmp(key, "nextBatch") == 0) &&
		    BSON_ITER_HOLDS_ARRAY(in))
			reply_batch(c, in);
		else if (strcmp(key, "atClusterTime") == 0) {
			reply_time(c, in);
			*has_time = true;
		} else if (strcmp(key, "ns") == 0 && c->collection == NULL &&
		    BSON_ITER_HOLDS_UTF8(in) &&
		    (dot = strchr(bson_iter_utf8(in, NULL), '.')) != NULL)
			c->collection = strdup(dot + 1);
	}
}

/* What a reply says of the cursor; its batch is read from now on. */
static bool
reply_read(struct mongo_cursor *c, struct err *e)
{
	bson_iter_t	 it, in;
	bool		 has_time = c->time != 0, found = false;

	if (bson_iter_init_find(&it, &c->reply, "cursor") &&
	    BSON_ITER_HOLDS_DOCUMENT(&it) && bson_iter_recurse(&it, &in)) {
		reply_cursor(c, &in, &has_time);
		found = c->at != NULL;
	}
	if (!has_time && bson_iter_init_find(&it, &c->reply,
	    "operationTime"))
		reply_time(c, &it);
	if (!buf_ok(&c->token, e))
		return false;
	return (found && c->collection != NULL) ||
	    err_set(e, ERR_MONGO, 0, T_RAW_NO_CURSOR, c->m->hosts, c->what);
}

/* One command of this cursor; the reply is in c->reply. */
static bool
cursor_command(struct mongo_cursor *c, const bson_t *command, struct err *e)
{
	mongoc_read_prefs_t	*prefs =
	    mongoc_read_prefs_new(MONGOC_READ_PRIMARY_PREFERRED);
	bson_t			 opts = BSON_INITIALIZER;
	bson_error_t		 be;
	bool			 ok;

	reply_drop(c);
	BSON_APPEND_INT32(&opts, "serverId", (int32_t)c->server);
	ok = c->session == NULL ||
	    mongoc_client_session_append(c->session, &opts, &be);
	if (ok) {
		ok = mongoc_client_command_with_opts(c->m->client, c->db,
		    command, prefs, &opts, &c->reply, &be);
		c->has_reply = true;
	}
	bson_destroy(&opts);
	mongoc_read_prefs_destroy(prefs);
	if (!ok) {
		reply_drop(c);
		return cursor_blame(c, &be, e);
	}
	return reply_read(c, e);
}

static int32_t
cursor_batch(const struct mongo_cursor *c)
{
	uint64_t	 one, count;

	if (c->batch_bytes == 0 || c->docs == 0)
		return c->batch_docs;
	one = c->bytes / c->docs + 1;
	count = c->batch_bytes / one;
	return count < 1 ? 1 : count > 1000000 ? 1000000 : (int32_t)count;
}

static bool
cursor_more(struct mongo_cursor *c, struct err *e)
{
	bson_t	 command = BSON_INITIALIZER;
	int32_t	 batch = cursor_batch(c);
	bool	 ok;

	BSON_APPEND_INT64(&command, "getMore", c->id);
	BSON_APPEND_UTF8(&command, "collection", c->collection);
	if (batch > 0)
		BSON_APPEND_INT32(&command, "batchSize", batch);
	if (c->await_ms > 0)
		BSON_APPEND_INT32(&command, "maxTimeMS", c->await_ms);
	ok = cursor_command(c, &command, e);
	bson_destroy(&command);
	return ok;
}

bool
mongo_cursor_open(struct mongo *m, const struct mongo_cursor_spec *spec,
    struct mongo_cursor **out, struct err *e)
{
	AUTO_MONGO_CURSOR struct mongo_cursor *c = calloc(1, sizeof(*c));
	AUTO_BSON bson_t	*command = NULL;
	bson_iter_t		 it;

	if (c == NULL)
		return err_nomem(e);
	c->m = m;
	c->db = strdup(spec->db);
	c->role = strdup(spec->role != NULL ? spec->role : "read");
	if (c->db == NULL || c->role == NULL)
		return err_nomem(e);
	c->batch_docs = spec->batch_docs;
	c->batch_bytes = spec->batch_bytes;
	c->await_ms = spec->await_ms;
	if ((command = mongo_bson(spec->command, e)) == NULL)
		return false;
	if (bson_iter_init(&it, command) && bson_iter_next(&it) &&
	    BSON_ITER_HOLDS_UTF8(&it))
		snprintf(c->what, sizeof(c->what), T_NEED_READ, c->db,
		    bson_iter_utf8(&it, NULL));
	else
		snprintf(c->what, sizeof(c->what), T_NEED_COMMAND,
		    bson_iter_key(&it), c->db);
	if (!cursor_server(c, e) || !cursor_command(c, command, e))
		return false;
	*out = TAKE(c);
	return true;
}

/* {type, key, document}: as the elements of an array of documents are. */
static bool
batch_next(struct mongo_cursor *c, struct mongo_bytes *doc, struct err *e)
{
	const uint8_t	*p = c->at, *key_end;
	size_t		 left = (size_t)(c->end - p);
	uint32_t	 len;

	key_end = left > 1 ? memchr(p + 1, 0, left - 1) : NULL;
	if (key_end == NULL || p[0] != BSON_TYPE_DOCUMENT ||
	    c->end - key_end < 6)
		return err_set(e, ERR_MONGO, 0, T_RAW_NO_CURSOR, c->m->hosts,
		    c->what);
	p = key_end + 1;
	len = raw_le32(p);
	if (len < 5 || len > (size_t)(c->end - p))
		return err_set(e, ERR_MONGO, 0, T_RAW_NO_CURSOR, c->m->hosts,
		    c->what);
	*doc = (struct mongo_bytes){ p, len };
	c->at = p + len;
	c->docs++;
	c->bytes += len;
	return true;
}

bool
mongo_cursor_next(struct mongo_cursor *c, struct mongo_bytes *doc,
    struct err *e)
{
	*doc = (struct mongo_bytes){ NULL, 0 };
	if (c->wants_more) {
		c->wants_more = false;
		if (!cursor_more(c, e))
			return false;
	}
	while (c->at == c->end) {
		if (c->id == 0)
			return true;
		if (c->await_ms > 0) {
			c->wants_more = true;
			return true;
		}
		if (!cursor_more(c, e))
			return false;
	}
	return batch_next(c, doc, e);
}

size_t
mongo_cursor_here(struct mongo_cursor *c, struct mongo_bytes *docs,
    size_t max)
{
	size_t	 n = 0;

	/* What is wrong with a batch is told by mongo_cursor_next. */
	while (n < max && c->at != c->end && batch_next(c, &docs[n], NULL))
		n++;
	return n;
}

struct mongo_bytes
mongo_cursor_token(const struct mongo_cursor *c)
{
	if (c->token.len == 0)
		return (struct mongo_bytes){ NULL, 0 };
	return (struct mongo_bytes){ (const uint8_t *)c->token.data,
		(uint32_t)c->token.len };
}

uint64_t
mongo_cursor_time(const struct mongo_cursor *c)
{
	return c->time;
}

/* The server would keep it for 10 minutes otherwise. */
static void
cursor_kill(struct mongo_cursor *c)
{
	bson_t	 command = BSON_INITIALIZER, ids;

	if (c->id == 0 || c->collection == NULL)
		return;
	BSON_APPEND_UTF8(&command, "killCursors", c->collection);
	BSON_APPEND_ARRAY_BEGIN(&command, "cursors", &ids);
	BSON_APPEND_INT64(&ids, "0", c->id);
	bson_append_array_end(&command, &ids);
	c->id = 0;
	(void)cursor_command(c, &command, NULL);
	bson_destroy(&command);
}

void
mongo_cursor_free(struct mongo_cursor *c)
{
	if (c == NULL)
		return;
	if (c->m->pid == getpid()) {
		cursor_kill(c);
		if (c->session != NULL)
			mongoc_client_session_destroy(c->session);
	}
	reply_drop(c);
	buf_fini(&c->token);
	free(c->db);
	free(c->collection);
	free(c->role);
	free(c);
}

void
mongo_cursor_free_at(struct mongo_cursor **c)
{
	mongo_cursor_free(*c);
}

/*
 * Documents as bytes: checked, as text and back, and commands with them.
 */
#include <stdio.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "raw.h"
#include "text.def"

bool
mongo_bytes_are_whole(const uint8_t *data, size_t len)
{
	bson_t	 b;

	if (len < 5 || len > MONGO_BYTES_MAX || raw_le32(data) != len ||
	    !bson_init_static(&b, data, len))
		return false;
	return bson_validate(&b, BSON_VALIDATE_NONE, NULL);
}

static bool
bytes_static(bson_t *b, struct mongo_bytes doc, struct err *e)
{
	return (doc.data != NULL && bson_init_static(b, doc.data, doc.len)) ||
	    err_set(e, ERR_MONGO, 0, T_RAW_BROKEN);
}

bool
mongo_bytes_text(struct mongo_bytes doc, struct buf *out, struct err *e)
{
	bson_t	 b;
	char	*text;

	if (!bytes_static(&b, doc, e))
		return false;
	text = bson_as_canonical_extended_json(&b, NULL);
	if (text == NULL)
		return err_set(e, ERR_MONGO, 0, T_RAW_BROKEN);
	buf_puts(out, text);
	bson_free(text);
	return buf_ok(out, e);
}

bool
mongo_text_bytes(const char *text, struct buf *out, struct err *e)
{
	AUTO_BSON bson_t *b = mongo_bson(text, e);

	if (b == NULL)
		return false;
	buf_add(out, bson_get_data(b), b->len);
	return buf_ok(out, e);
}

bool
mongo_bytes_id(struct mongo_bytes doc, struct buf *out, struct err *e)
{
	AUTO_BSON bson_t *id = bson_new();
	bson_iter_t	 it;
	bson_t		 b;

	if (!bytes_static(&b, doc, e))
		return false;
	if (!bson_iter_init_find(&it, &b, "_id"))
		return err_set(e, ERR_MONGO, 0, T_RAW_NO_ID);
	bson_append_iter(id, "_id", -1, &it);
	buf_add(out, bson_get_data(id), id->len);
	return buf_ok(out, e);
}

/* Runs a command; *reply is to be destroyed by the caller when true. */
static bool
command_run(struct mongo *m, const char *db, const bson_t *command,
    const char *role, bson_t *reply, struct err *e)
{
	struct mongo_need	 need = { .role = role, .db = db };
	mongoc_read_prefs_t	*prefs;
	char			 words[256];
	bson_error_t		 be;
	bson_iter_t		 it;
	bool			 ok;

	snprintf(words, sizeof(words), T_NEED_COMMAND,
	    bson_iter_init(&it, command) && bson_iter_next(&it) ?
	    bson_iter_key(&it) : "", db);
	need.what = words;
	prefs = mongoc_read_prefs_new(MONGOC_READ_PRIMARY_PREFERRED);
	ok = mongoc_client_command_simple(m->client, db, command, prefs,
	    reply, &be);
	mongoc_read_prefs_destroy(prefs);
	if (!ok)
		mongo_blame(m, &be, &need, e);
	else
		ok = mongo_reply_check(m, reply, &need, e);
	if (!ok)
		bson_destroy(reply);
	return ok;
}

bool
mongo_command_canonical(struct mongo *m, const char *db, const char *command,
    const char *role, char **reply, struct err *e)
{
	AUTO_BSON bson_t *b = mongo_bson(command, e);
	bson_t		 answer;
	char		*text;

	if (b == NULL || !command_run(m, db, b, role, &answer, e))
		return false;
	text = bson_as_canonical_extended_json(&answer, NULL);
	*reply = text == NULL ? NULL : strdup(text);
	bson_free(text);
	bson_destroy(&answer);
	return *reply != NULL || err_nomem(e);
}

bool
mongo_command_bytes(struct mongo *m, const char *db,
    struct mongo_bytes command, struct buf *reply, struct err *e)
{
	bson_t	 b, answer;

	if (!bytes_static(&b, command, e) ||
	    !command_run(m, db, &b, "readWrite", &answer, e))
		return false;
	buf_add(reply, bson_get_data(&answer), answer.len);
	bson_destroy(&answer);
	return buf_ok(reply, e);
}

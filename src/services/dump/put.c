/*
 * Documents into a collection that is ours.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "dump.h"
#include "text.def"

#define PUT_TRIES	60	/* of one insert, a second apart */
#define SETTLE_MS	300000

bool
put_clear(struct mongo *to, const char *db, const json_t *entry,
    struct err *e)
{
	return catalog_drop(to, db, json_text(entry, "name"), e) &&
	    mongo_catalog_create(to, db, entry, e);
}

bool
put_is_empty(struct mongo *to, const char *db, const json_t *entry,
    bool *empty, struct err *e)
{
	AUTO_JSON json_t *one = NULL;

	if (!ask_list(to, db, json_pack("{s:s,s:i,s:{s:i}}", "find",
	    catalog_data_name(entry), "limit", 1, "projection", "_id", 1),
	    "readWrite", &one, e))
		return false;
	*empty = json_array_size(one) == 0;
	return true;
}

bool
put_settle(struct mongo *to, const char *db, const json_t *entry,
    struct err *e)
{
	return ask_run(to, db, json_pack("{s:s,s:[{s:{s:s},s:{s:{s:i}}}],"
	    "s:{s:s,s:i}}", "update", catalog_data_name(entry), "updates",
	    "q", "_id", "stconsole: no such document", "u", "$set", "none",
	    1, "writeConcern", "w", "majority", "wtimeout", SETTLE_MS),
	    "readWrite", NULL, e);
}

bool
put_docs(struct mongo *to, const char *db, const json_t *entry,
    const struct mongo_bytes *docs, size_t count, const struct cancel *cancel,
    struct err *e)
{
	const struct mongo_insert_spec spec = { .db = db,
		.collection = catalog_data_name(entry),
		.bypasses_validation = true, .keeps_timestamps = true };
	struct mongo_inserted	 r = { 0 };
	struct err		 why;
	int			 tries = 0;

	for (;;) {
		err_clear(&why);
		r = (struct mongo_inserted){ 0 };
		if (mongo_insert_many(to, &spec, docs, count, &r, &why))
			break;
		if (!why.retryable || ++tries == PUT_TRIES)
			return err_copy(e, &why);
		if (!cancel_wait(cancel, 1000))
			return cancel_check(cancel, e);
	}
	/* Sent again, a duplicate is a document of the first time. */
	if (r.failed == 0 && (r.duplicates == 0 || tries > 0))
		return true;
	return err_set(e, ERR_MONGO, r.why.code, T_COPY_FAILED, db,
	    json_text(entry, "name"), (int)(r.failed + r.duplicates),
	    r.why.msg);
}

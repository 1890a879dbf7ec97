/*
 * Commands put together as JSON, and what comes back as JSON values.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "dump.h"

static char *
command_text(json_t *command, struct err *e)
{
	char	*text = command == NULL ? NULL : json_dumps(command,
	    JSON_COMPACT);

	json_decref(command);
	if (text == NULL)
		err_nomem(e);
	return text;
}

bool
ask_run(struct mongo *m, const char *db, json_t *command, const char *role,
    json_t **reply, struct err *e)
{
	AUTO_FREE char	*text = command_text(command, e);
	AUTO_JSON json_t *answer = NULL;

	if (text == NULL || !mongo_command(m, db, text, role, &answer, e))
		return false;
	if (reply != NULL)
		*reply = TAKE(answer);
	return true;
}

static bool
list_read(struct mongo_cursor *c, json_t *list, struct err *e)
{
	struct mongo_bytes	 doc;

	for (;;) {
		AUTO_BUF struct buf	 text = BUF_INIT;
		json_t			*one;

		if (!mongo_cursor_next(c, &doc, e))
			return false;
		if (doc.data == NULL)
			return true;
		if (!mongo_bytes_text(doc, &text, e) ||
		    (one = json_parse(buf_str(&text), text.len, e)) == NULL)
			return false;
		if (json_array_append_new(list, one) != 0)
			return err_nomem(e);
	}
}

bool
ask_list(struct mongo *m, const char *db, json_t *command, const char *role,
    json_t **list, struct err *e)
{
	AUTO_FREE char		*text = command_text(command, e);
	struct mongo_cursor_spec spec = { .db = db, .command = text,
		.role = role };
	AUTO_MONGO_CURSOR struct mongo_cursor *c = NULL;
	AUTO_JSON json_t	*out = json_array();

	if (text == NULL || out == NULL)
		return false;
	if (!mongo_cursor_open(m, &spec, &c, e) || !list_read(c, out, e))
		return false;
	*list = TAKE(out);
	return true;
}

bool
ask_number(const json_t *value, double *out)
{
	static const char *const kinds[] = { "$numberInt", "$numberLong",
		"$numberDouble", "$numberDecimal" };
	const char	*text;
	char		*end;
	size_t		 i;

	if (json_is_number(value)) {
		*out = json_number_value(value);
		return true;
	}
	for (i = 0; i < LENGTH(kinds); i++) {
		text = json_str(value, kinds[i]);
		if (text == NULL)
			continue;
		*out = strtod(text, &end);
		return end != text && *end == '\0';
	}
	return false;
}

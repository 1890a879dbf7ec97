/*
 * Commands and documents as canonical Extended JSON, the one form in which
 * they pass between this folder and the driver.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"

char *
move_text(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
}

json_t *
move_parse(const char *text, struct err *e)
{
	return json_parse(text, strlen(text), e);
}

bool
move_command(struct mongo *m, const char *db, json_t *taken,
    const char *role, json_t **reply, struct err *e)
{
	AUTO_JSON json_t	*command = taken;
	AUTO_FREE char		*text = command == NULL ? NULL :
	    move_text(command);
	AUTO_FREE char		*answer = NULL;

	if (text == NULL)
		return err_nomem(e);
	if (!mongo_command_canonical(m, db, text, role, &answer, e))
		return false;
	if (reply == NULL)
		return true;
	*reply = move_parse(answer, e);
	return *reply != NULL;
}

uint64_t
move_time(const json_t *timestamp)
{
	const json_t	*t = json_object_get(timestamp, "$timestamp");

	return (uint64_t)json_int(t, "t", 0) << 32 |
	    (uint32_t)json_int(t, "i", 0);
}

json_t *
move_time_json(uint64_t at)
{
	return json_pack("{s:{s:I, s:I}}", "$timestamp", "t",
	    (json_int_t)(at >> 32), "i", (json_int_t)(at & 0xffffffff));
}

/*
 * "_data" of a token is the hex of a KeyString whose first element is the
 * cluster time: 0x82, then seconds and increment, big-endian (servers 4.2 on;
 * src/mongo/db/pipeline/resume_token.cpp).
 */
uint64_t
move_token_time(const char *token)
{
	AUTO_JSON json_t	*doc = json_loads(token, 0, NULL);
	const char		*data = json_text(doc, "_data");
	char			 digits[17];
	char			*end;
	uint64_t		 at;

	if (strlen(data) < 18 || strncmp(data, "82", 2) != 0)
		return 0;
	memcpy(digits, data + 2, 16);
	digits[16] = '\0';
	at = strtoull(digits, &end, 16);
	return *end == '\0' ? at : 0;
}

int64_t
move_number(const json_t *wrapped)
{
	static const char *const names[] = { "$numberInt", "$numberLong",
		"$numberDouble" };
	const char	*text;
	size_t		 i;

	if (json_is_number(wrapped))
		return (int64_t)json_number_value(wrapped);
	for (i = 0; i < LENGTH(names); i++)
		if ((text = json_str(wrapped, names[i])) != NULL)
			return (int64_t)strtod(text, NULL);
	return 0;
}

bool
move_now(struct mongo *m, uint64_t *at, struct err *e)
{
	AUTO_JSON json_t	*reply = NULL;

	if (!move_command(m, "admin", json_pack("{s:i}", "ping", 1), "",
	    &reply, e))
		return false;
	*at = move_time(json_object_get(reply, "operationTime"));
	return true;
}

bool
move_list_has(const json_t *list, const char *text)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach (list, i, one)
		if (str_equal(json_string_value(one), text))
			return true;
	return false;
}

/*
 * The wire: OP_MSG with one body section, and OP_QUERY for the hello that a
 * driver begins with (mongodb.com/docs/manual/reference/mongodb-wire-
 * protocol; specifications/source/message/OP_MSG).
 */
#include "model.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bson/bson.h>

#include "stconsole/file.h"
#include "stconsole/json.h"

#define OP_REPLY	1
#define OP_QUERY	2004
#define OP_MSG		2013
#define HEADER		16
#define MESSAGE_MAX	48000000
#define CHECKSUM	1u

static int32_t
int_at(const uint8_t *p)
{
	uint32_t	 v;

	memcpy(&v, p, sizeof(v));
	return (int32_t)le32toh(v);
}

static void
int_put(uint8_t *p, int32_t v)
{
	uint32_t	 le = htole32((uint32_t)v);

	memcpy(p, &le, sizeof(le));
}

static bool
bytes_read(int fd, uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t	 n = read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* The body, as JSON; NULL: not what this model speaks. */
static json_t *
body_read(const uint8_t *p, size_t len)
{
	bson_t		 b;
	char		*text;
	json_t		*out;

	if (len < 5 || int_at(p) < 5 || (size_t)int_at(p) > len ||
	    !bson_init_static(&b, p, (size_t)int_at(p)))
		return NULL;
	text = bson_as_relaxed_extended_json(&b, NULL);
	out = text == NULL ? NULL : json_loads(text, 0, NULL);
	bson_free(text);
	return out;
}

/* head: what stands between the header and the document. */
static bool
reply_write(int fd, int32_t to, int32_t op, const uint8_t *head,
    size_t head_len, json_t *reply)
{
	char	*text = json_dumps(reply, JSON_REAL_PRECISION(17));
	bson_t	*b = text == NULL ? NULL : bson_new_from_json(
	    (const uint8_t *)text, -1, NULL);
	size_t	 len = HEADER + head_len + (b == NULL ? 0 : b->len);
	uint8_t	*out = calloc(1, len);
	bool	 ok = b != NULL && out != NULL;

	if (ok) {
		int_put(out, (int32_t)len);
		int_put(out + 4, 1);
		int_put(out + 8, to);
		int_put(out + 12, op);
		memcpy(out + HEADER, head, head_len);
		memcpy(out + HEADER + head_len, bson_get_data(b), b->len);
		ok = file_write_all(fd, out, len, NULL);
	}
	free(out);
	free(text);
	if (b != NULL)
		bson_destroy(b);
	json_decref(reply);
	return ok;
}

static bool
msg_answer(int fd, int32_t id, const uint8_t *p, size_t len)
{
	static const uint8_t	 head[5] = { 0 };
	json_t			*c, *reply;
	char			 db[64];

	/* Flags, then section kind 0. */
	if (len < 10 || ((uint32_t)int_at(p) & ~CHECKSUM) != 0 || p[4] != 0 ||
	    (c = body_read(p + 5, len - 5)) == NULL)
		return false;
	strncpy(db, json_text(c, "$db"), sizeof(db) - 1);
	db[sizeof(db) - 1] = '\0';
	reply = rules_answer(db, c);
	json_decref(c);
	return reply != NULL && reply_write(fd, id, OP_MSG, head,
	    sizeof(head), reply);
}

/* Only hello and isMaster, which never went by another way first. */
static bool
query_answer(int fd, int32_t id, const uint8_t *p, size_t len)
{
	uint8_t		 head[20] = { 0 };
	const uint8_t	*end = memchr(p + 4, 0, len - 4);
	json_t		*c, *reply;
	const char	*name;

	if (len < 20 || end == NULL || (size_t)(end + 9 - p) > len ||
	    (c = body_read(end + 9, len - (size_t)(end + 9 - p))) == NULL)
		return false;
	name = json_object_iter_key(json_object_iter(c));
	if (name == NULL || (strcmp(name, "hello") != 0 &&
	    strcasecmp(name, "ismaster") != 0))
		reply = refuse(352, "UnsupportedOpQueryCommand",
		    "Unsupported OP_QUERY command");
	else
		reply = rules_answer("admin", c);
	json_decref(c);
	int_put(head + 16, 1);
	return reply_write(fd, id, OP_REPLY, head, sizeof(head), reply);
}

static bool
message_answer(int fd)
{
	uint8_t	 header[HEADER];
	uint8_t	*body;
	int32_t	 len;
	bool	 ok;

	if (!bytes_read(fd, header, sizeof(header)))
		return false;
	len = int_at(header);
	if (len <= HEADER || len > MESSAGE_MAX)
		return false;
	len -= HEADER;
	body = malloc((size_t)len);
	ok = body != NULL && bytes_read(fd, body, (size_t)len);
	if (ok && int_at(header + 12) == OP_MSG)
		ok = msg_answer(fd, int_at(header + 4), body, (size_t)len);
	else if (ok && int_at(header + 12) == OP_QUERY)
		ok = query_answer(fd, int_at(header + 4), body, (size_t)len);
	else
		ok = false;
	free(body);
	return ok;
}

void *
wire_serve(void *arg)
{
	int	 fd = (int)(intptr_t)arg;

	while (message_answer(fd))
		continue;
	close(fd);
	return NULL;
}

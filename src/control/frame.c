/*
 * Frames and messages.  What arrives is somebody else's: every length is
 * checked before it is believed.
 */
#include "control_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define HEAD_BYTES	4

enum frame_state
frame_find(const char *bytes, size_t len, const char **json,
    size_t *json_len, size_t *used, struct err *e)
{
	const unsigned char	*b = (const unsigned char *)bytes;
	size_t			 n;

	if (len < HEAD_BYTES)
		return FRAME_MORE;
	n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 |
	    (size_t)b[3];
	if (n == 0 || n > CONTROL_FRAME_MAX) {
		err_set(e, ERR_JSON, 0, T_FRAME_SIZE, n, CONTROL_FRAME_MAX);
		return FRAME_BAD;
	}
	if (len - HEAD_BYTES < n)
		return FRAME_MORE;
	*json = bytes + HEAD_BYTES;
	*json_len = n;
	*used = HEAD_BYTES + n;
	return FRAME_WHOLE;
}

json_t *
frame_parse(const char *json, size_t len, struct err *e)
{
	AUTO_JSON json_t *j = json_parse(json, len, e);

	if (j == NULL) {
		err_context(e, "%s", T_FRAME);
		return NULL;
	}
	if (json_int(j, "v", 0) != CONTROL_V) {
		err_set(e, ERR_REFUSED, 0, T_FRAME_VERSION,
		    (long long)json_int(j, "v", 0), CONTROL_V);
		err_hint(e, T_FRAME_VERSION_HINT);
		return NULL;
	}
	if (json_str(j, "type") == NULL) {
		err_set(e, ERR_JSON, 0, T_FRAME_TYPE);
		return NULL;
	}
	return TAKE(j);
}

static void
frame_add(struct buf *out, const char *json, size_t n)
{
	buf_putc(out, (char)(n >> 24 & 255));
	buf_putc(out, (char)(n >> 16 & 255));
	buf_putc(out, (char)(n >> 8 & 255));
	buf_putc(out, (char)(n & 255));
	buf_add(out, json, n);
}

json_t *
message_new(const char *type)
{
	return json_pack("{s:i, s:s}", "v", CONTROL_V, "type", type);
}

/* The text is ASCII, so that it can be cut anywhere. */
static bool
parts_add(struct buf *out, const char *text, size_t len, struct err *e)
{
	size_t n = (len + CONTROL_PART_BYTES - 1) / CONTROL_PART_BYTES, i;

	for (i = 0; i < n; i++) {
		size_t		 at = i * CONTROL_PART_BYTES;
		size_t		 piece = len - at < CONTROL_PART_BYTES ?
				    len - at : CONTROL_PART_BYTES;
		AUTO_JSON json_t *part = json_pack(
		    "{s:i, s:s, s:I, s:I, s:s%}", "v", CONTROL_V, "type",
		    "part", "part", (json_int_t)i + 1, "of", (json_int_t)n,
		    "text", text + at, piece);
		AUTO_FREE char	*frame = part != NULL ? json_dumps(part,
				    JSON_COMPACT) : NULL;

		if (frame == NULL)
			return err_nomem(e);
		frame_add(out, frame, strlen(frame));
	}
	return buf_ok(out, e);
}

bool
message_add(struct buf *out, const json_t *message, bool may_cut,
    struct err *e)
{
	AUTO_FREE char	*text = message == NULL ? NULL : json_dumps(message,
			    JSON_COMPACT | JSON_ENSURE_ASCII);
	size_t		 len = text != NULL ? strlen(text) : 0;

	if (text == NULL)
		return err_nomem(e);
	if (len > CONTROL_FRAME_MAX)
		return may_cut ? parts_add(out, text, len, e) :
		    err_set(e, ERR_JSON, 0, T_FRAME_SIZE, len,
		    CONTROL_FRAME_MAX);
	frame_add(out, text, len);
	return buf_ok(out, e);
}

void
joiner_fini(struct joiner *j)
{
	buf_fini(&j->text);
	j->next = j->of = 0;
}

/* Parts come whole, in order, one message at a time. */
static bool
part_take(struct joiner *j, const json_t *frame, struct err *e)
{
	const json_t	*text = json_object_get(frame, "text");
	int64_t		 part = json_int(frame, "part", 0);
	int64_t		 of = json_int(frame, "of", 0);

	if (j->of == 0) {
		j->of = of;
		j->next = 1;
	}
	if (of < 1 || of != j->of || part != j->next ||
	    !json_is_string(text) || j->text.len +
	    json_string_length(text) > CONTROL_MESSAGE_MAX)
		return err_set(e, ERR_JSON, 0, T_FRAME_PART);
	buf_add(&j->text, json_string_value(text), json_string_length(text));
	j->next++;
	return buf_ok(&j->text, e);
}

bool
message_join(struct joiner *j, json_t *frame, json_t **whole, struct err *e)
{
	AUTO_JSON json_t	*held = frame;
	bool			 is_part = str_equal(json_str(frame, "type"),
				    "part");

	*whole = NULL;
	if (!is_part && j->of != 0)
		return err_set(e, ERR_JSON, 0, T_FRAME_PART);
	if (!is_part) {
		*whole = TAKE(held);
		return true;
	}
	if (!part_take(j, held, e))
		return false;
	if (j->next <= j->of)
		return true;
	*whole = frame_parse(buf_str(&j->text), j->text.len, e);
	joiner_fini(j);
	return *whole != NULL;
}

/*
 * The control socket as a function of bytes: what serve makes of a client's,
 * and what a client makes of serve's.  The first byte says how the rest is
 * torn into pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/control/control_private.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

/* Every name that was read is a string that ends where it says. */
static void
message_look(const json_t *frame)
{
	struct message	m;
	struct err	e = { 0 };
	size_t		i, len = 0;

	if (!message_read(frame, &m, &e)) {
		if (e.msg[0] == '\0')
			abort();
		return;
	}
	for (i = 0; i < m.secret_count; i++)
		len += strlen(m.secrets[i]);
	for (i = 0; i < m.input_count; i++)
		len += strlen(m.inputs[i]);
	if (m.type == MESSAGE_CALL && m.kind != WORK_WAIT)
		len += strlen(m.verb);
	if (m.type == MESSAGE_HELLO)
		len += strlen(m.state);
	if (len > CONTROL_FRAME_MAX)
		abort();
}

/* False when the connection would end. */
static bool
frame_look(struct joiner *j, const char *json, size_t len)
{
	struct err	 e = { 0 };
	json_t		*frame = frame_parse(json, len, &e), *whole = NULL;
	bool		 ok;

	if (frame == NULL) {
		if (e.msg[0] == '\0')
			abort();
		return false;
	}
	message_look(frame);
	ok = message_join(j, frame, &whole, &e);
	if (!ok && (whole != NULL || e.msg[0] == '\0'))
		abort();
	json_decref(whole);
	return ok;
}

/* What a message becomes must be read as the same message. */
static void
back_and_forth(const uint8_t *data, size_t size)
{
	AUTO_JSON json_t	*m = message_new("answer"), *back = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*json;
	size_t			 len, used;

	json_object_set_new(m, "data", json_lossy((const char *)data, size));
	if (!message_add(&b, m, true, NULL))
		return;
	if (frame_find(b.data, b.len, &json, &len, &used, NULL) !=
	    FRAME_WHOLE || used != b.len)
		abort();
	back = frame_parse(json, len, NULL);
	if (!json_equal(m, back))
		abort();
}

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf	 in = BUF_INIT;
	struct joiner		 j = { .text = BUF_INIT };
	size_t			 piece, at = 1, len, used;
	const char		*json;
	enum frame_state	 s = FRAME_MORE;

	if (size < 2)
		return 0;
	back_and_forth(data, size < 4096 ? size : 4096);
	piece = (size_t)data[0] + 1;
	while (at < size && s != FRAME_BAD) {
		len = size - at < piece ? size - at : piece;
		buf_add(&in, data + at, len);
		at += len;
		while ((s = frame_find(buf_str(&in), in.len, &json, &len,
		    &used, NULL)) == FRAME_WHOLE) {
			if (!frame_look(&j, json, len)) {
				s = FRAME_BAD;
				break;
			}
			in.len -= used;
			memmove(in.data, in.data + used, in.len + 1);
		}
	}
	joiner_fini(&j);
	return 0;
}

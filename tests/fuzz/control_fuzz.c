/*
 * The control socket as a function of bytes: what serve makes of a client's,
 * and what a client makes of serve's.  The first byte says how the rest is
 * torn into pieces.  The calls go nowhere: behind serve's connection stands a
 * struct work that only counts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <unistd.h>

#include "../../src/control/server.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/work_maker.h"

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

/* ---- serve's side, whole */

/* In the place of serve's own: it would say whom it drops. */
void
serve_log(const char *fmt, ...)
{
	if (fmt[0] == '\0')
		abort();
}

static unsigned
count_start(struct work *w, const struct work_call *call, struct err *e)
{
	static unsigned last;

	(void)w;
	if (call->verb == NULL || call->as == NULL || (call->kind ==
	    WORK_APPLY && call->hash == NULL))
		abort();
	if (last % 5 == 4) {
		last++;
		err_set(e, ERR_USAGE, 0, "not today");
		return 0;
	}
	return ++last;
}

static void
count_cancel(struct work *w, unsigned id)
{
	(void)w;
	if (id == 0)
		abort();
}

static const struct work_ops counting = {
	.start = count_start, .cancel = count_cancel
};

/* Every call under way is answered, so that the next one has room. */
static void
calls_answer(struct server *s)
{
	while (s->routes != NULL) {
		struct work_event ev = {
			.kind = WORK_ANSWER, .id = s->routes->id,
			.data = json_pack("{s:b}", "ok", 1)
		};

		call_event(s, &ev);
		work_event_fini(&ev);
	}
}

static void
serve_hear_all(struct server *s, int fd, const uint8_t *data, size_t size)
{
	size_t	at = 1, piece = (size_t)data[0] * 64 + 1;
	ssize_t	n;
	char	drain[65536];

	while (at < size && s->sessions != NULL) {
		n = send(fd, data + at, size - at < piece ? size - at :
		    piece, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			break;
		at += (size_t)n;
		session_hear(s, s->sessions);
		s->sessions->tokens = RATE_BURST;
		calls_answer(s);
		while (recv(fd, drain, sizeof(drain), MSG_DONTWAIT) > 0)
			;
		session_send(s->sessions);
		if (s->sessions->is_dead || s->sessions->is_leaving)
			break;
	}
}

static void
serve_look(const uint8_t *data, size_t size)
{
	static const struct service	*const services[] = { &core_service };
	static const struct registry	 registry = { services, 1 };
	struct world	 w = { .registry = &registry };
	struct work	 counter = { .ops = &counting, .world = &w };
	char		 state[] = "/state";
	struct server	 s = {
		.world = &w, .work = &counter, .state = state
	};
	int		 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	session_open(&s, fds[0]);
	serve_hear_all(&s, fds[1], data, size);
	while (s.sessions != NULL)
		session_close(&s, s.sessions);
	calls_answer(&s);
	close(fds[1]);
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
	serve_look(data, size);
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

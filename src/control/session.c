/*
 * One connection of serve: who it is (the kernel says so), what it says, how
 * much it may say, and when it is given up.
 */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/work_maker.h"

#include "stconsole/msg.h"
#include "text.def"

#define REFUSE_MS	1000

/* ---- saying */

void
session_drop(struct session *p, const char *why)
{
	if (p->is_dead)
		return;
	serve_log(T_SERVE_DROPPED, p->who.user, why);
	p->is_dead = true;
}

void
session_say(struct session *p, json_t *message)
{
	struct err e = { 0 };

	/* One message may be as large as it is; many may not pile up. */
	if (p->is_dead || p->wire.pending > PENDING_MAX) {
		json_decref(message);
		session_drop(p, T_SERVE_SLOW);
		return;
	}
	if (!wire_put(&p->wire, message, true, NULL, 0, &e) ||
	    !wire_flush(&p->wire, &e)) {
		session_drop(p, e.msg);
		return;
	}
	if (p->wire.pending == 0)
		p->stalled_ms = 0;
	else if (p->stalled_ms == 0)
		p->stalled_ms = clock_mono_ms(&clock_system);
}

void
session_send(struct session *p)
{
	size_t		before = p->wire.pending;
	struct err	e = { 0 };

	if (!wire_flush(&p->wire, &e))
		session_drop(p, e.msg);
	else if (p->wire.pending == 0)
		p->stalled_ms = 0;
	else if (p->wire.pending < before)
		p->stalled_ms = clock_mono_ms(&clock_system);
}

/* Says why, and ends when that is sent. */
static void
session_refuse(struct session *p, const struct err *why)
{
	AUTO_JSON json_t	*answer = work_error_json(why);
	json_t			*m = message_new("refused");

	serve_log(T_SERVE_DROPPED, p->who.user, why->msg);
	json_object_set(m, "error", json_object_get(answer, "error"));
	session_say(p, m);
	p->is_leaving = true;
}

/* ---- opening */

static size_t
sessions_of(const struct server *s, uid_t uid, bool all)
{
	const struct session	*p;
	size_t			 n = 0;

	for (p = s->sessions; p != NULL; p = p->next)
		n += all || p->who.uid == uid;
	return n;
}

/* root's serve hears everybody, by their role; a user's own only the user. */
static bool
peer_is_fine(const struct server *s, const struct session *p, struct err *e)
{
	bool is_ours = p->who.uid == getuid();

	if (getuid() != 0 && !is_ours)
		return err_set(e, ERR_REFUSED, EPERM, T_SERVE_PEER,
		    s->world->who.user);
	if (sessions_of(s, 0, true) > SESSIONS_MAX || (!is_ours &&
	    sessions_of(s, p->who.uid, false) > SESSIONS_USER))
		return err_set(e, ERR_HELD, EAGAIN, T_SERVE_MANY);
	return true;
}

void
session_open(struct server *s, int fd)
{
	struct session	*p = calloc(1, sizeof(*p));
	struct ucred	 cred;
	socklen_t	 len = sizeof(cred);
	struct err	 e = { 0 };

	/* Not even told: whoever floods would only be answered. */
	if (p == NULL || sessions_of(s, 0, true) >= 2 * SESSIONS_MAX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		free(p);
		close(fd);
		return;
	}
	wire_init(&p->wire, fd);
	p->opened_ms = p->refilled_ms = clock_mono_ms(&clock_system);
	p->tokens = RATE_BURST;
	p->next = s->sessions;
	s->sessions = p;
	if (!identity_of(NULL, cred.uid, NULL, &p->who, &e) ||
	    !peer_is_fine(s, p, &e))
		session_refuse(p, &e);
}

void
session_close(struct server *s, struct session *p)
{
	struct session **at = &s->sessions;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	call_orphan(s, p);
	if (s->operator == p)
		operate_set(s, NULL);
	wire_fini(&p->wire);
	free(p);
}

/* ---- hearing */

static json_t *
welcome(const struct server *s, const struct session *p)
{
	const char	*runtime = getenv("XDG_RUNTIME_DIR");
	json_t		*m = message_new("welcome");

	json_object_set_new(m, "runtime", json_lossy(runtime != NULL ?
	    runtime : "", runtime != NULL ? strlen(runtime) : 0));
	json_object_set_new(m, "pid", json_integer(getpid()));
	json_object_set_new(m, "version", json_string(STCONSOLE_VERSION));
	json_object_set_new(m, "user", json_string(p->who.user));
	json_object_set_new(m, "uid", json_integer(p->who.uid));
	json_object_set_new(m, "role", json_string(role_name(p->who.role)));
	json_object_set_new(m, "read_only", json_boolean(p->read_only));
	json_object_set_new(m, "operator", operate_message(s, p));
	return m;
}

static void
hello(struct server *s, struct session *p, const struct message *m)
{
	struct err e = { 0 };

	if (strcmp(m->state, s->state) != 0) {
		err_set(&e, ERR_REFUSED, 0, T_SERVE_STATE, s->state,
		    m->state);
		err_hint(&e, T_SERVE_STATE_HINT);
		session_refuse(p, &e);
		return;
	}
	p->is_console = m->is_console;
	p->read_only = m->read_only || s->world->read_only;
	snprintf(p->where, sizeof(p->where), "%s", m->where != NULL ?
	    m->where : "");
	snprintf(p->who.sudo_user, sizeof(p->who.sudo_user), "%s",
	    m->sudo_user != NULL ? m->sudo_user : "");
	str_strip_control(p->where);
	str_strip_control(p->who.sudo_user);
	if (s->operator == NULL && operate_may(p))
		operate_set(s, p);
	session_say(p, welcome(s, p));
	p->is_welcome = true;
}

static void
operate(struct server *s, struct session *p)
{
	if (operate_may(p))
		operate_set(s, p);
	else
		session_say(p, operate_message(s, p));
}

static void
message_do(struct server *s, struct session *p, const struct message *m)
{
	if (p->is_welcome == (m->type == MESSAGE_HELLO)) {
		session_drop(p, T_FRAME);
		return;
	}
	switch (m->type) {
	case MESSAGE_HELLO:
		hello(s, p, m);
		break;
	case MESSAGE_CALL:
		call_begin(s, p, m);
		break;
	case MESSAGE_CANCEL:
		call_cancel(s, p, m->id);
		break;
	case MESSAGE_OPERATE:
		operate(s, p);
		break;
	}
}

/* So many a second, and some more at once. */
static bool
rate_is_fine(struct session *p)
{
	int64_t	now = clock_mono_ms(&clock_system);
	int64_t	more = (now - p->refilled_ms) * RATE_PER_S / 1000;

	if (more > 0) {
		p->refilled_ms = now;
		p->tokens = p->tokens + more > RATE_BURST ? RATE_BURST :
		    p->tokens + (int)more;
	}
	return p->tokens-- > 0;
}

static bool
frame_do(struct server *s, struct session *p, json_t *frame, struct err *e)
{
	AUTO_JSON json_t	*held = frame;
	struct message		 m;

	if (!rate_is_fine(p))
		return err_set(e, ERR_REFUSED, 0, T_SERVE_FLOOD);
	if (!message_read(held, &m, e))
		return false;
	message_do(s, p, &m);
	return true;
}

void
session_hear(struct server *s, struct session *p)
{
	enum wire_state	 state;
	json_t		*frame = NULL;
	struct err	 e = { 0 };
	bool		 ok = true;

	state = wire_read(&p->wire, &e);
	if (state == WIRE_ENDED) {
		/* Saying goodbye is no trouble worth a line. */
		if (e.code == 0 && e.domain == ERR_SYS)
			p->is_dead = true;
		else
			session_drop(p, e.msg);
		return;
	}
	while (ok && !p->is_dead && !p->is_leaving) {
		ok = wire_take(&p->wire, &frame, &e);
		if (!ok || frame == NULL)
			break;
		ok = frame_do(s, p, frame, &e);
	}
	if (!ok)
		session_refuse(p, &e);
}

void
session_age(struct session *p)
{
	int64_t now = clock_mono_ms(&clock_system);

	if (p->is_dead)
		return;
	if (p->stalled_ms != 0 && now - p->stalled_ms > STALL_MS)
		session_drop(p, T_SERVE_SLOW);
	else if (p->is_leaving && (p->wire.pending == 0 ||
	    now - p->opened_ms > HELLO_MS + REFUSE_MS))
		p->is_dead = true;
	else if (!p->is_welcome && !p->is_leaving &&
	    now - p->opened_ms > HELLO_MS)
		session_drop(p, T_SERVE_SILENT);
}

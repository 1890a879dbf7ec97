/*
 * Calls that run in serve.  Everything is as with work_local_new, except that
 * jobs go on when this process ends; what writes where its caller stands runs
 * here all the same.
 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define LOCAL_THREADS	2

static struct remote *
remote_of(const struct work *w)
{
	return (struct remote *)(uintptr_t)w;
}

/* ---- events */

/* An event that cannot be kept would be waited for without end. */
static void
event_put(struct remote *r, enum work_event_kind kind, unsigned id,
    json_t *data)
{
	struct remote_event	*ev = malloc(sizeof(*ev));
	uint64_t		 one = 1;
	ssize_t			 ignored = 0;

	if (ev == NULL)
		abort();
	*ev = (struct remote_event){ NULL, { kind, id, data } };
	if (r->first == NULL)
		ignored = write(r->event_fd, &one, sizeof(one));
	(void)ignored;
	*r->last = ev;
	r->last = &ev->next;
}

static bool
event_take(struct remote *r, struct work_event *out)
{
	struct remote_event	*ev = r->first;
	uint64_t		 count;
	ssize_t			 ignored;

	if (ev == NULL)
		return false;
	*out = ev->ev;
	r->first = ev->next;
	free(ev);
	if (r->first == NULL) {
		r->last = &r->first;
		ignored = read(r->event_fd, &count, sizeof(count));
		(void)ignored;
	}
	return true;
}

/* ---- calls */

static void
call_end(struct remote *r, unsigned id, json_t *answer)
{
	struct remote_call **at = &r->calls, *c;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	c = *at;
	if (c == NULL) {
		json_decref(answer);
		return;
	}
	*at = c->next;
	remote_call_free(c);
	event_put(r, WORK_ANSWER, id, answer);
}

static void
call_fail(struct remote *r, unsigned id, const struct err *why)
{
	call_end(r, id, work_error_json(why));
}

static void
lose(struct remote *r)
{
	struct err why = { 0 };

	if (r->is_lost)
		return;
	r->is_lost = true;
	err_set(&why, ERR_SYS, EPIPE, T_CLIENT_LOST);
	err_hint(&why, T_CLIENT_LOST_HINT);
	while (r->calls != NULL)
		call_fail(r, r->calls->id, &why);
	event_put(r, WORK_LOST, 0, NULL);
	(void)epoll_ctl(r->fd, EPOLL_CTL_DEL, r->wire.fd, NULL);
	wire_fini(&r->wire);
}

/* Asks to be woken for what can be done. */
static void
wire_want(struct remote *r)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (r->wire.pending > 0)
		ev.events |= EPOLLOUT;
	if (r->is_lost || ev.events == r->wanted)
		return;
	r->wanted = ev.events;
	(void)epoll_ctl(r->fd, EPOLL_CTL_MOD, r->wire.fd, &ev);
}

/* Sends as many calls as serve takes at once; the others wait here. */
static void
calls_send(struct remote *r)
{
	struct remote_call	*c, *next;
	unsigned		 under_way = 0;
	struct err		 e;
	bool			 ok;

	for (c = r->calls; c != NULL; c = c->next)
		under_way += c->is_sent;
	for (c = r->calls; c != NULL && under_way < CLIENT_CALLS_MAX &&
	    !r->is_lost; c = next) {
		next = c->next;
		if (c->is_sent)
			continue;
		c->is_sent = true;
		err_clear(&e);
		ok = wire_put(&r->wire, TAKE(c->message), false, c->fds,
		    c->fd_count, &e);
		c->fd_count = 0;
		if (ok)
			under_way++;
		else
			call_fail(r, c->id, &e);
	}
	if (!r->is_lost && !wire_flush(&r->wire, &e))
		lose(r);
	wire_want(r);
}

/* ---- what serve says */

void
remote_operator(struct remote *r, const json_t *operator)
{
	struct work_operator *o = &r->work.operator;

	o->is_mine = json_flag(operator, "mine");
	o->since_ms = json_int(operator, "since", 0);
	snprintf(o->user, sizeof(o->user), "%s", json_text(operator,
	    "user"));
	snprintf(o->where, sizeof(o->where), "%s", json_text(operator,
	    "where"));
}

static bool
message_take(struct remote *r, const json_t *m)
{
	const char	*type = json_text(m, "type");
	unsigned	 id = (unsigned)json_int(m, "id", 0);
	json_t		*data = json_object_get(m, "data");

	if (str_equal(type, "answer")) {
		call_end(r, id, json_incref(data));
		calls_send(r);
	} else if (str_equal(type, "progress")) {
		event_put(r, WORK_PROGRESS, id, json_incref(data));
	} else if (str_equal(type, "partial")) {
		event_put(r, WORK_PARTIAL, id, json_incref(data));
	} else if (str_equal(type, "lines")) {
		event_put(r, WORK_LINES, id, json_incref(data));
	} else if (str_equal(type, "jobs")) {
		event_put(r, WORK_JOBS, 0, NULL);
	} else if (str_equal(type, "operator")) {
		remote_operator(r, m);
		event_put(r, WORK_OPERATOR, 0, NULL);
	} else {
		return !str_equal(type, "refused");
	}
	return true;
}

static bool
frames_take(struct remote *r)
{
	json_t	*frame, *whole;
	bool	 ok = true;

	while (ok && !r->is_lost) {
		if (!wire_take(&r->wire, &frame, NULL))
			return false;
		if (frame == NULL)
			break;
		if (!message_join(&r->joiner, frame, &whole, NULL))
			return false;
		ok = whole == NULL || message_take(r, whole);
		json_decref(whole);
	}
	return ok;
}

void
remote_read(struct remote *r)
{
	enum wire_state state = WIRE_OK;

	while (!r->is_lost && r->first == NULL && state == WIRE_OK) {
		state = wire_read(&r->wire, NULL);
		if (state == WIRE_ENDED || !frames_take(r))
			lose(r);
	}
}

/* ---- the table of a struct work: even ids are serve's, odd ones ours */

static bool
local_start(struct remote *r, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (r->local != NULL)
		return true;
	r->local = work_local_new(r->work.world, LOCAL_THREADS, e);
	if (r->local == NULL)
		return false;
	return epoll_ctl(r->fd, EPOLL_CTL_ADD, work_fd(r->local), &ev) == 0 ?
	    true : err_sys(e, T_CLIENT_SILENT);
}

/*
 * What writes where its caller stands, and what means a demo that serve does
 * not have, as long as there is a store here.
 */
static bool
is_local(const struct remote *r, const struct work_call *asked)
{
	const struct verb *v = asked->verb != NULL ? registry_verb(
	    r->work.world->registry, asked->verb) : NULL;

	return v != NULL && r->work.world->store != NULL &&
	    (v->writes_elsewhere || (!r->has_our_demo &&
	    str_equal(r->work.site, "demo")));
}

static unsigned
remote_start(struct work *w, const struct work_call *asked, struct err *e)
{
	struct remote		*r = remote_of(w);
	struct remote_call	*c, **at;
	unsigned		 id;

	if (is_local(r, asked)) {
		id = local_start(r, e) && work_site_set(r->local, w->site,
		    e) ? work_start(r->local, asked, e) : 0;
		return id != 0 ? 2 * id + 1 : 0;
	}
	if (r->is_lost) {
		err_set(e, ERR_SYS, EPIPE, T_CLIENT_LOST);
		return 0;
	}
	id = r->last_id + 2;
	c = remote_call_new(w, id, asked, e);
	if (c == NULL)
		return 0;
	r->last_id = id;
	for (at = &r->calls; *at != NULL; at = &(*at)->next)
		;
	*at = c;
	calls_send(r);
	return id;
}

static void
remote_cancel(struct work *w, unsigned id)
{
	struct remote		*r = remote_of(w);
	struct remote_call	*c = r->calls;
	struct err		 why = { 0 };
	json_t			*m;

	if (id % 2 == 1 && r->local != NULL) {
		work_cancel(r->local, id / 2);
		return;
	}
	while (c != NULL && c->id != id)
		c = c->next;
	if (c == NULL)
		return;
	if (!c->is_sent) {
		err_set(&why, ERR_CANCELLED, 0, T_CLIENT_CANCELLED);
		call_fail(r, id, &why);
		return;
	}
	m = message_new("cancel");
	json_object_set_new(m, "id", json_integer(id));
	if (!wire_put(&r->wire, m, false, NULL, 0, &why) ||
	    !wire_flush(&r->wire, &why))
		lose(r);
	wire_want(r);
}

static int
remote_fd(const struct work *w)
{
	return remote_of(w)->fd;
}

static bool
remote_next(struct work *w, struct work_event *ev)
{
	struct remote *r = remote_of(w);

	if (event_take(r, ev))
		return true;
	if (!r->is_lost)
		calls_send(r);
	remote_read(r);
	if (event_take(r, ev))
		return true;
	if (r->local == NULL || !work_next(r->local, ev))
		return false;
	if (ev->id != 0)
		ev->id = 2 * ev->id + 1;
	return true;
}

static unsigned
remote_jobs_hosted(const struct work *w)
{
	const struct remote *r = remote_of(w);

	return r->local != NULL ? work_jobs_hosted(r->local) : 0;
}

static bool
remote_operator_take(struct work *w, struct err *e)
{
	struct remote *r = remote_of(w);

	if (r->is_lost)
		return err_set(e, ERR_SYS, EPIPE, T_CLIENT_LOST);
	if (w->world->read_only || (w->who.role < ROLE_OPERATOR &&
	    w->who.uid != getuid()))
		return err_set(e, ERR_REFUSED, 0, T_SERVE_MAY_NOT);
	if (!wire_put(&r->wire, message_new("operate"), false, NULL, 0, e) ||
	    !wire_flush(&r->wire, e)) {
		lose(r);
		return false;
	}
	wire_want(r);
	return true;
}

void
remote_free(struct work *w)
{
	struct remote		*r = remote_of(w);
	struct work_event	 ev;

	work_free(r->local);
	while (r->calls != NULL) {
		struct remote_call *c = r->calls;

		r->calls = c->next;
		remote_call_free(c);
	}
	while (event_take(r, &ev))
		work_event_fini(&ev);
	wire_fini(&r->wire);
	joiner_fini(&r->joiner);
	mem_close_at(&r->event_fd);
	mem_close_at(&r->fd);
	work_fini(w);
	free(r);
}

static const struct work_ops remote_ops = {
	.is_attached = true, .free = remote_free, .start = remote_start,
	.cancel = remote_cancel, .fd = remote_fd, .next = remote_next,
	.jobs_hosted = remote_jobs_hosted,
	.operator_take = remote_operator_take
};

struct remote *
remote_new(const struct world *w, int fd, struct err *e)
{
	struct remote		*r = calloc(1, sizeof(*r));
	struct epoll_event	 ev = { .events = EPOLLIN };

	if (r == NULL) {
		close(fd);
		err_nomem(e);
		return NULL;
	}
	wire_init(&r->wire, fd);
	r->last = &r->first;
	r->wanted = EPOLLIN;
	r->fd = epoll_create1(EPOLL_CLOEXEC);
	r->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (work_init(&r->work, &remote_ops, w, e) && ((r->fd >= 0 &&
	    r->event_fd >= 0 &&
	    epoll_ctl(r->fd, EPOLL_CTL_ADD, fd, &ev) == 0 &&
	    epoll_ctl(r->fd, EPOLL_CTL_ADD, r->event_fd, &ev) == 0) ||
	    err_sys(e, T_CLIENT_SILENT)))
		return r;
	remote_free(&r->work);
	return NULL;
}

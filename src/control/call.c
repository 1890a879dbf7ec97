/*
 * What a connection asks serve to do.  The peer's words are checked here for
 * what only matters because they come from another process; the rest is
 * verb_call()'s.
 */
#include "server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"
#include "stconsole/work_maker.h"

#include "stconsole/msg.h"
#include "text.def"

static void
event_say(struct session *p, const char *type, int64_t id, json_t *data)
{
	json_t *m = message_new(type);

	json_object_set_new(m, "id", json_integer(id));
	json_object_set_new(m, "data", data);
	session_say(p, m);
}

static struct route *
route_of(struct server *s, const struct session *p, int64_t id)
{
	struct route *r = s->routes;

	while (r != NULL && (r->session != p || r->peer_id != id))
		r = r->next;
	return r;
}

/* ---- what may be asked */

static bool
is_change(const struct message *m, const struct verb *v)
{
	return m->kind == WORK_APPLY || (v != NULL && v->read == NULL);
}

/*
 * A folder of the peer's own making would be acted on with our rights.  One
 * of somebody else is meant as it was when it was looked at: by its
 * canonical path, into *settled, malloc'd.
 */
static bool
site_is_fine(const struct session *p, const char *site, char **settled,
    struct err *e)
{
	bool is_ours = p->who.uid == getuid();

	if (site == NULL)
		return true;
	if (str_equal(site, "demo"))
		return is_ours || err_set(e, ERR_REFUSED, 0, T_SERVE_DEMO);
	if (*site != '/')
		return err_set(e, ERR_USAGE, 0, T_SERVE_SITE_ABSOLUTE, site);
	if (is_ours || (*settled = place_trusted(site)) != NULL)
		return true;
	err_set(e, ERR_REFUSED, 0, T_SERVE_SITE, site);
	return err_hint(e, T_SERVE_SITE_HINT);
}

/* job.guard is what a guardian does in its own process, for ever. */
static bool
is_askable(struct server *s, const struct session *p,
    const struct message *m, char **site, struct err *e)
{
	const struct verb *v = m->verb != NULL ? registry_verb(
	    s->world->registry, m->verb) : NULL;

	if (p->calls >= CALLS_MAX)
		return err_set(e, ERR_HELD, 0, T_SERVE_CALLS, CALLS_MAX);
	if (str_equal(m->verb, "job.guard"))
		return err_set(e, ERR_REFUSED, 0, T_SERVE_LOCAL, m->verb);
	if (v != NULL && v->writes_elsewhere)
		return err_set(e, ERR_REFUSED, 0, T_SERVE_ELSEWHERE,
		    v->name);
	return site_is_fine(p, m->site, site, e) && (!is_change(m, v) ||
	    operate_allows(s, p, e));
}

/* ---- values by descriptor */

static bool
secrets_take(struct session *p, const struct message *m,
    struct work_call *call, struct err *e)
{
	size_t i;

	for (i = 0; i < m->secret_count; i++) {
		AUTO_CLOSE int fd = wire_take_fd(&p->wire);

		call->secrets[i].name = m->secrets[i];
		call->secrets[i].value = memory_secret(fd, e);
		if (call->secrets[i].value == NULL)
			return false;
	}
	return true;
}

static bool
inputs_take(struct session *p, const struct message *m, json_t *params,
    struct err *e)
{
	size_t i;

	for (i = 0; i < m->input_count; i++) {
		AUTO_CLOSE int		 fd = wire_take_fd(&p->wire);
		AUTO_BUF struct buf	 text = BUF_INIT;

		if (!memory_text(fd, &text, e))
			return false;
		if (json_object_set_new(params, m->inputs[i], json_stringn(
		    buf_str(&text), text.len)) < 0)
			return err_nomem(e);
	}
	return true;
}

/* Also of a call that fails: what is left would be the next one's. */
static bool
values_take(struct session *p, const struct message *m,
    struct work_call *call, json_t *params, struct err *e)
{
	size_t	own = m->secret_count + m->input_count;
	size_t	left = p->wire.fd_count > own ? p->wire.fd_count - own : 0;
	bool	ok = secrets_take(p, m, call, e) &&
		    inputs_take(p, m, params, e);

	while (p->wire.fd_count > left)
		close(wire_take_fd(&p->wire));
	return ok;
}

/* For eyes: where the caller read them. */
static void
paths_borrow(const struct message *m, struct work_call *call)
{
	const json_t	*path;
	const char	*name;
	size_t		 n = 0;

	json_object_foreach ((json_t *)(uintptr_t)m->paths, name, path) {
		if (n == CTX_SECRETS || json_string_value(path) == NULL)
			break;
		call->inputs[n].name = name;
		call->inputs[n++].path = json_string_value(path);
	}
}

/* ---- beginning */

static bool
route_add(struct server *s, struct session *p, const struct message *m,
    unsigned id, const struct work_call *call)
{
	struct route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return false;
	*r = (struct route){
		.next = s->routes, .session = p, .id = id,
		.peer_id = m->id, .is_job = work_call_is_job(call,
		    registry_verb(s->world->registry, call->verb))
	};
	s->routes = r;
	p->calls++;
	return true;
}

static bool
call_start(struct server *s, struct session *p, const struct message *m,
    struct work_call *call, struct err *e)
{
	unsigned id = work_start(s->work, call, e);

	if (id == 0)
		return false;
	if (route_add(s, p, m, id, call))
		return true;
	work_cancel(s->work, id);
	return err_nomem(e);
}

static bool
call_make(struct server *s, struct session *p, const struct message *m,
    struct work_call *call, struct err *e)
{
	AUTO_JSON json_t	*params = m->params != NULL ?
				    json_deep_copy(m->params) :
				    json_object();
	AUTO_FREE char		*site = NULL;
	struct work_as		 as = {
		.who = p->who, .read_only = p->read_only, .site = m->site
	};

	*call = (struct work_call){
		.kind = m->kind, .verb = m->verb != NULL ? m->verb : "",
		.params = params, .hash = m->hash,
		.confirm_within_s = m->confirm_within_s, .as = &as
	};
	if (params == NULL)
		return err_nomem(e);
	if (!values_take(p, m, call, params, e))
		return false;
	paths_borrow(m, call);
	if (!is_askable(s, p, m, &site, e))
		return false;
	if (site != NULL)
		as.site = site;
	return call_start(s, p, m, call, e);
}

void
call_begin(struct server *s, struct session *p, const struct message *m)
{
	struct work_call	call;
	struct err		e = { 0 };
	size_t			i;

	if (route_of(s, p, m->id) != NULL) {
		session_drop(p, T_FRAME);
		return;
	}
	if (!call_make(s, p, m, &call, &e))
		event_say(p, "answer", m->id, work_error_json(&e));
	for (i = 0; i < CTX_SECRETS; i++)
		secret_free(call.secrets[i].value);
}

void
call_cancel(struct server *s, struct session *p, int64_t id)
{
	struct route *r = route_of(s, p, id);

	if (r != NULL)
		work_cancel(s->work, r->id);
}

void
call_orphan(struct server *s, struct session *p)
{
	struct route *r;

	for (r = s->routes; r != NULL; r = r->next) {
		if (r->session != p)
			continue;
		r->session = NULL;
		if (!r->is_job)
			work_cancel(s->work, r->id);
	}
}

/* ---- events */

static void
route_end(struct server *s, struct route *r)
{
	struct route **at = &s->routes;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	if (r->session != NULL)
		r->session->calls--;
	free(r);
}

static void
jobs_tell(struct server *s)
{
	struct session *p;

	for (p = s->sessions; p != NULL; p = p->next)
		if (p->is_welcome && !p->is_dead)
			session_say(p, message_new("jobs"));
}

/*
 * Somebody who reads slowly gets less news, and every answer.  False when
 * there is nothing to say.
 */
static bool
news_fit(struct route *r, struct work_event *ev)
{
	const json_t	*lines = json_object_get(ev->data, "lines");
	int64_t		 lost = json_int(ev->data, "lost", 0) + r->lost;

	if (ev->kind == WORK_ANSWER)
		return true;
	if (r->session->wire.pending > PENDING_BUSY) {
		r->lost = lost + (int64_t)json_array_size(lines);
		return false;
	}
	if (lines != NULL)
		json_object_set_new(ev->data, "lost", json_integer(lost));
	r->lost = 0;
	return true;
}

/* Calls of our own have nobody else to tell that they failed. */
static void
own_call_log(const struct work_event *ev)
{
	const json_t *why = json_object_get(ev->data, "error");

	if (ev->kind == WORK_ANSWER && why != NULL)
		serve_log("%s", json_text(why, "message"));
}

void
call_event(struct server *s, struct work_event *ev)
{
	static const char *const types[] = {
		[WORK_PROGRESS] = "progress", [WORK_LINES] = "lines",
		[WORK_PARTIAL] = "partial",
		[WORK_ANSWER] = "answer"
	};
	struct route *r = s->routes;

	if (ev->kind == WORK_JOBS) {
		jobs_tell(s);
		return;
	}
	if ((size_t)ev->kind >= LENGTH(types))
		return;
	while (r != NULL && r->id != ev->id)
		r = r->next;
	if (json_str(ev->data, "warning") != NULL)
		serve_log("%s", json_str(ev->data, "warning"));
	if (r == NULL) {
		own_call_log(ev);
		return;
	}
	if (r->session != NULL && !r->session->is_dead && news_fit(r, ev))
		event_say(r->session, types[ev->kind], r->peer_id,
		    TAKE(ev->data));
	if (ev->kind == WORK_ANSWER)
		route_end(s, r);
}

/*
 * Of the consoles one operates: two people who change the same server from
 * two screens would not know of each other.  The command line is not bound by
 * it; its locks are those of every call.
 */
#include "server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/json.h"

#include "stconsole/msg.h"
#include "text.def"

/* A user's own serve: on the demo they are its admin. */
bool
operate_may(const struct session *p)
{
	return p->is_console && !p->read_only &&
	    (p->who.role >= ROLE_OPERATOR || p->who.uid == getuid());
}

json_t *
operate_message(const struct server *s, const struct session *p)
{
	const struct session	*o = s->operator;
	json_t			*m = message_new("operator");

	json_object_set_new(m, "mine", json_boolean(o == p));
	json_object_set_new(m, "user", json_string(o != NULL ? o->who.user :
	    ""));
	json_object_set_new(m, "where", json_lossy(o != NULL ? o->where : "",
	    o != NULL ? strlen(o->where) : 0));
	json_object_set_new(m, "since", json_integer(o != NULL ?
	    o->since_ms : 0));
	return m;
}

void
operate_set(struct server *s, struct session *p)
{
	struct session *q;

	if (s->operator == p)
		return;
	s->operator = p;
	if (p != NULL)
		p->since_ms = clock_wall_ms(&clock_system);
	for (q = s->sessions; q != NULL; q = q->next)
		if (q->is_welcome && q->is_console && !q->is_dead)
			session_say(q, operate_message(s, q));
}

bool
operate_allows(const struct server *s, const struct session *p,
    struct err *e)
{
	const struct session	*o = s->operator;
	char			 since[CLOCK_ISO_SIZE];

	if (!p->is_console || o == p)
		return true;
	if (!operate_may(p))
		return err_set(e, ERR_REFUSED, 0, T_SERVE_MAY_NOT);
	if (o == NULL) {
		err_set(e, ERR_HELD, 0, T_SERVE_NO_OPERATOR);
	} else {
		clock_iso(o->since_ms, since);
		err_set(e, ERR_HELD, 0, T_SERVE_OPERATED, o->who.user,
		    o->where, since);
	}
	return err_hint(e, T_SERVE_OPERATED_HINT);
}

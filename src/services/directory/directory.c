/*
 * All servers of a site together.  Each is a directory of its own (facts:
 * base DNs must not overlap), so answers are joined.  A server that cannot
 * be reached does not keep the others from answering; who needs to know that
 * nobody was missed asks directory_is_complete().
 */
#include "directory_private.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "text.def"

bool
directory_open_servers(struct ctx *ctx, const struct site_ldap *conf,
    size_t count, const struct directory_options *opts,
    struct directory **out, struct err *e)
{
	struct directory	*d = calloc(1, sizeof(*d));
	size_t			 open = 0, i;

	if (d != NULL)
		d->servers = calloc(count + 1, sizeof(*d->servers));
	if (d == NULL || d->servers == NULL) {
		free(d);
		return err_nomem(e);
	}
	for (i = 0; i < count; i++) {
		server_init(&d->servers[i], ctx, &conf[i], opts);
		d->count++;
		if (server_open(&d->servers[i], NULL))
			open++;
		else if (!cancel_check(ctx->cancel, NULL))
			break;
	}
	if (open > 0 && cancel_check(ctx->cancel, e)) {
		*out = d;
		return true;
	}
	if (count == 0)
		err_set(e, ERR_LDAP, 0, T_NO_HOST);
	else if (cancel_check(ctx->cancel, e))
		/* The first one's trouble is what to mend first. */
		err_copy(e, &d->servers[0].why);
	directory_close(d);
	return false;
}

bool
directory_is_complete(const struct directory *d, struct err *e)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->servers[i].ld == NULL)
			return err_copy(e, &d->servers[i].why);
	return true;
}

static bool
add_problem(json_t *list, const char *text)
{
	return json_array_append_new(list,
	    json_lossy(text, strlen(text))) == 0;
}

json_t *
directory_problems(const struct directory *d)
{
	json_t	*list = json_array();
	bool	 ok = list != NULL;
	size_t	 i, j;

	for (i = 0; ok && i < d->count; i++) {
		const struct server	*s = &d->servers[i];
		struct err		 e;

		if (s->ld == NULL)
			ok = add_problem(list, s->why.msg);
		for (j = 0; ok && j < s->referrals.count; j++) {
			if (!referral_is_open(s, j))
				continue;
			err_set(&e, ERR_LDAP, 0, s->opts.follow_referrals ?
			    T_REFERRAL_FAILED : T_REFERRAL_SEEN, s->label,
			    s->referrals.url[j]);
			ok = add_problem(list, e.msg);
		}
	}
	if (!ok)
		json_decref(list);
	return ok ? list : NULL;
}

void
directory_close(struct directory *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->count; i++)
		server_close(&d->servers[i]);
	free(d->servers);
	free(d);
}

void
directory_close_at(struct directory **d)
{
	directory_close(*d);
}

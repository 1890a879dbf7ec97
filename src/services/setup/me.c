/*
 * Who "you" are: what the setting me.mail says, else the one entry of the
 * directory whose uid is the login name.  The rule of admin.list and of the
 * idle lock.
 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"

#include "text.def"

/* A login name that is a part of more names than this finds nobody. */
#define PEOPLE_MAX	1000

void
me_fini(struct me *me)
{
	free(me->mail);
	free(me->name);
	free(me->login);
	*me = (struct me){ 0 };
}

/* The entry of exactly this uid; NULL when there is none or another one. */
static const json_t *
one_of_uid(const json_t *people, const char *uid)
{
	const json_t	*person, *only = NULL;
	size_t		 i;

	json_array_foreach (people, i, person) {
		if (strcmp(json_text(person, "uid"), uid) != 0)
			continue;
		if (only != NULL)
			return NULL;
		only = person;
	}
	return only;
}

static bool
take(struct me *me, const json_t *person, const char *login, struct err *e)
{
	free(me->mail);
	me->mail = strdup(json_text(person, "mail"));
	me->name = strdup(json_text(person, "name"));
	me->login = strdup(login);
	return (me->mail != NULL && me->name != NULL && me->login != NULL) ||
	    err_nomem(e);
}

static bool
find_login(struct ctx *ctx, const char *login, struct me *me, struct err *e)
{
	AUTO_JSON json_t	*found = NULL;
	const json_t		*person;

	if (login[0] == '\0' || me->mail[0] != '\0')
		return true;
	if (!setup_ask(ctx, "directory.search", json_pack("{s:s, s:i}",
	    "text", login, "limit", PEOPLE_MAX), &found, &me->why))
		return (me->why.domain != ERR_CANCELLED &&
		    me->why.domain != ERR_NOMEM) || err_copy(e, &me->why);
	/* What answered may have left words there on its way. */
	err_clear(&me->why);
	person = one_of_uid(json_object_get(found, "people"), login);
	return person == NULL || take(me, person, login, e);
}

bool
me_find(struct ctx *ctx, bool has_site, struct me *me, struct err *e)
{
	*me = (struct me){ 0 };
	if (!settings_get(ctx, "me.mail", &me->mail, e))
		return false;
	me->is_kept = me->mail[0] != '\0';
	if (me->is_kept || !has_site)
		return true;
	return find_login(ctx, ctx->who->user, me, e) &&
	    find_login(ctx, ctx->who->sudo_user, me, e);
}

bool
look_me(struct look *l, struct step_found *f, struct err *e)
{
	struct me	 me;
	bool		 ok = me_find(l->ctx, l->has_site, &me, e);

	if (ok && me.is_kept)
		found_set(f, STEP_DONE, T_ME_KEPT, me.mail);
	else if (ok && me.mail[0] != '\0')
		found_set(f, STEP_DONE, T_ME_LOGIN, me.mail, me.login);
	else if (ok)
		found_set(f, STEP_OPEN, T_ME_NONE);
	if (ok && me.why.domain != ERR_NONE)
		found_detail(f, "%s", me.why.msg);
	me_fini(&me);
	return ok;
}

bool
me_show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	struct site	*site;
	struct me	 me;
	struct err	 why = { 0 };
	bool		 has_site = site_need(ctx, &site, &why), ok;

	(void)params;
	if (why.domain == ERR_CANCELLED || why.domain == ERR_NOMEM)
		return err_copy(e, &why);
	ok = me_find(ctx, has_site, &me, e);
	if (ok) {
		*result = json_pack("{s:s, s:s, s:s, s:s}", "mail", me.mail,
		    "name", me.name != NULL ? me.name : "", "by", me.is_kept ?
		    "setting" : me.mail[0] != '\0' ? "login" : "nothing",
		    "reason", me.why.domain != ERR_NONE ? me.why.msg :
		    has_site ? "" : why.msg);
		ok = *result != NULL || err_nomem(e);
	}
	me_fini(&me);
	return ok;
}

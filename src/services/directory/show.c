/*
 * directory.show: one person by mail, uid, id, full name or DN, with all
 * attributes and groups.
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define CANDIDATES	5

struct show {
	struct server	*s;		/* of the first one */
	struct person	 person;
	size_t		 count;
	char		 others[300];	/* DNs, for the error */
	json_t		*attributes;
};

static bool
show_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct show	*w = arg;
	struct person	 p;
	size_t		 len = strlen(w->others);

	if (!person_read(s, entry, &p, e))
		return false;
	snprintf(w->others + len, sizeof(w->others) - len, "%s\"%s\"",
	    len > 0 ? ", " : "", p.dn);
	if (w->count++ == 0) {
		w->s = s;
		w->person = p;
	} else {
		person_fini(&p);
	}
	return true;
}

static void
who_filter(const struct site_ldap *c, const char *who, struct buf *out)
{
	const char	*attrs[] = { c->mail_attr, "uid", "sAMAccountName",
		c->user_id_attr, c->name_attr };
	size_t		 i;

	buf_printf(out, "(&(objectClass=%s)(|", c->person_class);
	for (i = 0; i < LENGTH(attrs); i++)
		if (attrs[i] != NULL && *attrs[i] != '\0')
			filter_equal(out, attrs[i], who);
	buf_puts(out, "))");
}

static bool
find_on(struct server *s, const char *who, struct show *w, struct err *e)
{
	AUTO_BUF struct buf	filter = BUF_INIT;
	const char		*attrs[PERSON_ATTRS_MAX];
	struct query		 q = { s->conf->base, server_scope(s), NULL,
		attrs, CANDIDATES };
	struct query_end	 end;
	struct err		 why;

	person_attrs(s->conf, attrs);
	if (dn_is_valid(who)) {
		q.base = who;
		q.scope = LDAP_SCOPE_BASE;
		q.filter = "(objectClass=*)";
	} else {
		who_filter(s->conf, who, &filter);
		if (!buf_ok(&filter, e))
			return false;
		q.filter = buf_str(&filter);
	}
	if (server_search(s, &q, show_entry, w, &end, &why))
		return true;
	/* A DN may well be of another server. */
	if (q.base == who && why.domain == ERR_LDAP &&
	    (why.code == LDAP_NO_SUCH_OBJECT || why.code == LDAP_REFERRAL))
		return true;
	return err_copy(e, &why);
}

static bool
attributes_entry(void *arg, struct server *s, LDAPMessage *entry,
    struct err *e)
{
	struct show *w = arg;

	json_decref(w->attributes);
	w->attributes = NULL;
	return entry_json(s, entry, &w->attributes, e);
}

static bool
read_attributes(struct show *w, struct err *e)
{
	static const char *const attrs[] = { "*", "memberOf",
		"pwdAccountLockedTime", "createTimestamp", "modifyTimestamp",
		NULL };
	struct query		 q = { w->person.dn, LDAP_SCOPE_BASE,
		"(objectClass=*)", attrs, 1 };
	struct query_end	 end;

	if (!server_search(w->s, &q, attributes_entry, w, &end, e))
		return false;
	if (w->attributes == NULL)
		w->attributes = json_object();
	return w->attributes != NULL ? true : err_nomem(e);
}

static bool
show_json(struct directory *d, struct show *w, json_t **result,
    struct err *e)
{
	json_t	*groups = NULL, *person, *problems;
	bool	 more = false;

	if (!read_attributes(w, e) ||
	    !groups_of(w->s, w->person.dn, &groups, &more, e))
		return false;
	person = person_json(&w->person);
	problems = directory_problems(d);
	if (person != NULL)
		json_object_set_new(person, "server",
		    json_string(w->s->label));
	*result = json_pack("{s:o, s:O, s:o, s:b, s:o}", "person", person,
	    "attributes", w->attributes, "groups", groups, "more_groups",
	    more, "problems", problems);
	return *result != NULL ? true : err_nomem(e);
}

static bool
show_found(struct directory *d, const char *who, struct show *w,
    json_t **result, struct err *e)
{
	struct err	down;
	bool		complete;

	if (w->count == 1)
		return show_json(d, w, result, e);
	if (w->count > 1) {
		err_set(e, ERR_LDAP, 0, T_SHOW_SEVERAL, who, w->others);
		return err_hint(e, T_SHOW_SEVERAL_HINT);
	}
	complete = directory_is_complete(d, &down);
	err_set(e, ERR_LDAP, LDAP_NO_SUCH_OBJECT, T_SHOW_NONE, who);
	if (complete)
		return err_hint(e, T_SHOW_NONE_HINT);
	return err_hint(e, T_SHOW_DOWN_HINT, down.msg);
}

bool
directory_show(struct directory *d, const char *who, json_t **result,
    struct err *e)
{
	struct show	w = { .count = 0 };
	bool		ok = true;
	size_t		i;

	*result = NULL;
	for (i = 0; ok && i < d->count; i++)
		if (d->servers[i].ld != NULL)
			ok = find_on(&d->servers[i], who, &w, e);
	ok = ok && show_found(d, who, &w, result, e);
	json_decref(w.attributes);
	person_fini(&w.person);
	return ok;
}

/*
 * directory.search: people by a part of name, mail or uid.  Exactly one
 * entry more than is shown is asked for, and only the attributes that are
 * shown, because this runs while somebody types.
 */
#include "directory_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

struct found {
	struct person	*people;
	size_t		 count, max;
	bool		 is_more;
};

static bool
found_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct found *f = arg;

	if (f->count == f->max) {
		f->is_more = true;
		return true;
	}
	if (!person_read(s, entry, &f->people[f->count], e))
		return false;
	f->count++;
	return true;
}

static void
search_filter(const struct site_ldap *c, const char *text, struct buf *out)
{
	const char	*attrs[] = { c->name_attr, c->mail_attr, "cn", "uid",
		"sAMAccountName", "givenName", "sn" };
	size_t		 i, j;

	buf_printf(out, "(&(objectClass=%s)(|", c->person_class);
	for (i = 0; i < LENGTH(attrs); i++) {
		for (j = 0; j < i; j++)
			if (str_equal_nocase(attrs[i], attrs[j]))
				break;
		if (j == i)
			filter_part(out, attrs[i], text);
	}
	buf_puts(out, "))");
}

static bool
search_server(struct server *s, const char *text, struct found *f,
    struct err *e)
{
	AUTO_BUF struct buf	filter = BUF_INIT;
	const char		*attrs[PERSON_ATTRS_MAX];
	struct query		 q = { s->conf->base, server_scope(s), NULL,
		attrs, (int)(f->max - f->count) + 1 };
	struct query_end	 end;

	search_filter(s->conf, text, &filter);
	if (!buf_ok(&filter, e))
		return false;
	person_attrs(s->conf, attrs);
	q.filter = buf_str(&filter);
	if (!server_search(s, &q, found_entry, f, &end, e))
		return false;
	f->is_more = f->is_more || end.is_more;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct person	*x = a, *y = b;
	int			 rc = strcasecmp(x->name, y->name);

	return rc != 0 ? rc : strcmp(x->dn, y->dn);
}

static bool
search_json(struct directory *d, const struct found *f, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*people = json_array();
	json_t			*problems = directory_problems(d);
	size_t			 i;

	for (i = 0; i < f->count; i++)
		if (json_array_append_new(people,
		    person_json(&f->people[i])) < 0)
			break;
	if (i == f->count && problems != NULL)
		*result = json_pack("{s:O, s:b, s:o}", "people", people,
		    "more", f->is_more, "problems", problems);
	else
		json_decref(problems);
	return *result != NULL ? true : err_nomem(e);
}

bool
directory_search(struct directory *d, const char *text, int limit,
    json_t **result, struct err *e)
{
	struct found	f = { calloc((size_t)limit, sizeof(*f.people)), 0,
		(size_t)limit, false };
	bool		ok = f.people != NULL ? true : err_nomem(e);
	size_t		i;

	*result = NULL;
	for (i = 0; ok && i < d->count; i++)
		if (d->servers[i].ld != NULL)
			ok = search_server(&d->servers[i], text, &f, e);
	if (ok && f.count > 0)
		qsort(f.people, f.count, sizeof(*f.people), by_name);
	ok = ok && search_json(d, &f, result, e);
	for (i = 0; i < f.count; i++)
		person_fini(&f.people[i]);
	free(f.people);
	return ok;
}

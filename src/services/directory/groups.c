/*
 * The groups of somebody, level by level: first those that name the person,
 * then those that name one of these groups.  A group that was seen is not
 * followed again, so a loop ends; depth and number are bounded.
 */
#include "directory_private.h"

#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define DEPTH_MAX	20
#define GROUPS_MAX	2000
#define BATCH		50

struct climb {
	json_t	*groups;	/* in the order found */
	json_t	*seen;		/* normal DN: true */
	int	 level;
	bool	 is_more;
};

static bool
climb_entry(void *arg, struct server *s, LDAPMessage *entry, struct err *e)
{
	struct climb	*c = arg;
	AUTO_FREE char	*normal = NULL, *name = entry_text(s, entry, "cn");
	char		*dn = ldap_get_dn(s->ld, entry);
	bool		 ok = true;

	normal = dn != NULL ? dn_normal(dn) : NULL;
	if (normal == NULL || name == NULL) {
		ok = err_nomem(e);
	} else if (json_object_get(c->seen, normal) == NULL) {
		if (json_array_size(c->groups) == GROUPS_MAX)
			c->is_more = true;
		else if (json_object_set_new(c->seen, normal,
		    json_true()) < 0 ||
		    json_array_append_new(c->groups, json_pack(
		    "{s:o, s:o, s:i}", "dn", json_lossy(dn, strlen(dn)),
		    "name", json_lossy(name, strlen(name)),
		    "level", c->level)) < 0)
			ok = err_nomem(e);
	}
	ldap_memfree(dn);
	return ok;
}

/* As Sametime asks, else by class and attribute (a Java class was set). */
static bool
group_filter(const struct site_ldap *conf, const char *dn, struct buf *out,
    struct err *e)
{
	if (conf->group_filter != NULL && *conf->group_filter == '(')
		return filter_render(conf->group_filter, dn, out, e);
	buf_printf(out, "(&(objectClass=%s)", conf->group_class);
	filter_equal(out, conf->member_attr, dn);
	buf_putc(out, ')');
	return buf_ok(out, e);
}

/*
 * GroupResolveBase; without one Sametime looks everywhere, which for a
 * server that wants a base is the naming context the people are in.
 */
static char *
group_base(struct server *s)
{
	const char	 *base = s->conf->base;
	struct berval	**v;
	char		 *out = NULL;
	size_t		  i;

	if (s->conf->group_base != NULL && *s->conf->group_base != '\0')
		return strdup(s->conf->group_base);
	v = server_root(s, "namingContexts");
	for (i = 0; v != NULL && v[i] != NULL && out == NULL; i++) {
		AUTO_FREE char	*context = dn_normal(v[i]->bv_val);
		AUTO_FREE char	*people = dn_normal(base);

		if (context != NULL && people != NULL &&
		    str_ends(people, context))
			out = strdup(v[i]->bv_val);
	}
	ldap_value_free_len(v);
	return out != NULL ? out : strdup(base);
}

/* Groups that name any of these DNs (strings or {"dn"}). */
static bool
climb_batch(struct climb *c, struct server *s, const char *base,
    const char *const *dns, size_t n, struct err *e)
{
	static const char *const attrs[] = { "cn", NULL };
	AUTO_BUF struct buf	 filter = BUF_INIT;
	struct query		 q = { base, LDAP_SCOPE_SUBTREE, NULL, attrs,
		0 };
	struct query_end	 end;
	size_t			 i;

	buf_puts(&filter, "(|");
	for (i = 0; i < n; i++)
		if (!group_filter(s->conf, dns[i], &filter, e))
			return false;
	buf_putc(&filter, ')');
	if (!buf_ok(&filter, e))
		return false;
	q.filter = buf_str(&filter);
	if (!server_search(s, &q, climb_entry, c, &end, e))
		return false;
	c->is_more = c->is_more || end.is_more;
	return true;
}

/* One level up from groups[from, to). */
static bool
climb_level(struct climb *c, struct server *s, const char *base,
    size_t from, size_t to, struct err *e)
{
	const char	*dns[BATCH];
	size_t		 n;

	while (from < to) {
		for (n = 0; n < BATCH && from < to; n++, from++)
			dns[n] = json_text(json_array_get(c->groups, from),
			    "dn");
		if (!climb_batch(c, s, base, dns, n, e))
			return false;
	}
	return true;
}

bool
groups_of(struct server *s, const char *dn, json_t **groups, bool *more,
    struct err *e)
{
	AUTO_JSON json_t	*list = json_array(), *seen = json_object();
	AUTO_FREE char		*base = group_base(s);
	struct climb		 c = { list, seen, 1, false };
	size_t			 from = 0, to;
	bool			 ok;

	if (list == NULL || seen == NULL || base == NULL)
		return err_nomem(e);
	ok = climb_batch(&c, s, base, &dn, 1, e);
	for (to = json_array_size(list); ok && from < to;
	    from = to, to = json_array_size(list)) {
		if (c.level == DEPTH_MAX) {
			c.is_more = true;
			break;
		}
		c.level++;
		ok = climb_level(&c, s, base, from, to, e);
	}
	if (ok) {
		*groups = json_incref(list);
		*more = c.is_more;
	}
	return ok;
}

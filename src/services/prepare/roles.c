/*
 * The rights that Sametime's accounts need (facts 3.2) and the comparison
 * with what an account has.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "prepare.h"

struct right {
	const char	*role, *db;
};

static const struct right sametime[] = {
	{ "userAdminAnyDatabase", "admin" },
	{ "readWrite", "chatlogging" }, { "dbAdmin", "chatlogging" },
	{ "readWrite", "mobileOffline" }, { "dbAdmin", "mobileOffline" },
	{ "readWrite", "meeting" }, { "dbAdmin", "meeting" },
	{ "readWrite", "privacy" }, { "dbAdmin", "privacy" },
	{ "readWrite", "userinfo" }, { "dbAdmin", "userinfo" },
};

static const struct right cluster[] = { { "clusterAdmin", "admin" } };

static json_t *
rights_json(const struct right *rights, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < count; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s}",
		    "role", rights[i].role, "db", rights[i].db)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
prepare_roles_sametime(void)
{
	return rights_json(sametime, LENGTH(sametime));
}

json_t *
prepare_roles_cluster(void)
{
	return rights_json(cluster, LENGTH(cluster));
}

static bool
holds(const json_t *list, const json_t *right)
{
	json_t	*r;
	size_t	 i;

	json_array_foreach(list, i, r)
		if (str_equal(json_str(r, "role"), json_str(right, "role")) &&
		    str_equal(json_str(r, "db"), json_str(right, "db")))
			return true;
	return false;
}

/* Those of a that neither b nor c holds, without anything but the two. */
static json_t *
rest(const json_t *a, const json_t *b, const json_t *c)
{
	json_t	*list = json_array(), *r;
	size_t	 i;

	json_array_foreach(a, i, r)
		if (!holds(b, r) && !holds(c, r))
			json_array_append_new(list, json_pack("{s:s, s:s}",
			    "role", json_text(r, "role"), "db",
			    json_text(r, "db")));
	return list;
}

bool
prepare_roles_audit(const json_t *have, const json_t *wanted,
    const json_t *tolerated, json_t **missing, json_t **extra, struct err *e)
{
	*missing = rest(wanted, have, NULL);
	*extra = rest(have, wanted, tolerated);
	if (*missing != NULL && *extra != NULL)
		return true;
	json_decref(TAKE(*missing));
	json_decref(TAKE(*extra));
	return err_nomem(e);
}

char *
prepare_roles_show(const json_t *roles)
{
	struct buf	 out = BUF_INIT;
	json_t		*r;
	size_t		 i;

	json_array_foreach(roles, i, r)
		buf_printf(&out, "%s%s@%s", i > 0 ? ", " : "",
		    json_text(r, "role"), json_text(r, "db"));
	buf_puts(&out, "");
	return buf_take(&out);
}

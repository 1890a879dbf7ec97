/*
 * admin.list, admin.show, admin.export.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "admins.h"
#include "text.def"

static bool
contains_nocase(const char *text, const char *part)
{
	return text != NULL && strcasestr(text, part) != NULL;
}

static bool
admin_passes(const struct admin *a, const char *filter)
{
	if (filter == NULL)
		return true;
	return contains_nocase(a->email, filter) ||
	    contains_nocase(admin_state_name(a->state), filter) ||
	    (a->match.count > 0 &&
	    (contains_nocase(a->match.person.name, filter) ||
	    contains_nocase(a->match.person.dn, filter)));
}

/* Reads, sorts and filters into an array. */
static bool
list_array(struct ctx *ctx, const json_t *params, json_t **out,
    bool *unverified, struct err *e)
{
	AUTO_ADMINS struct admin_list	 l = { 0 };
	AUTO_JSON json_t		*array = json_array();
	const struct admin_store	*store;
	const char			*sort = json_str(params, "sort");
	size_t				 i;

	if (array == NULL)
		return err_nomem(e);
	if (!admin_store_get(ctx, params, &store, e) ||
	    !admin_list_load(ctx, store, &l, e))
		return false;
	admin_list_sort(&l, sort != NULL ? sort : "mail");
	for (i = 0; i < l.count; i++)
		if (admin_passes(&l.items[i], json_str(params, "filter")) &&
		    json_array_append_new(array, admin_json(&l.items[i])))
			return err_nomem(e);
	*unverified = l.unverified;
	*out = TAKE(array);
	return true;
}

/* Said only where it is so: the API's answers are not documented. */
static bool
mark_unverified(json_t *result, bool unverified, struct err *e)
{
	if (result == NULL || (unverified &&
	    json_object_set_new(result, "unverified", json_true()) != 0))
		return err_nomem(e);
	return true;
}

bool
admin_list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t *j = NULL;
	json_t		*array;
	bool		 unverified;

	if (!list_array(ctx, params, &array, &unverified, e))
		return false;
	j = json_pack("{s:o}", "administrators", array);
	if (!mark_unverified(j, unverified, e))
		return false;
	*result = TAKE(j);
	return true;
}

bool
admin_show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_ADMINS struct admin_list	 l = { 0 };
	AUTO_JSON json_t		*j = NULL;
	const struct admin_store	*store;
	const char			*mail = json_text(params, "mail");
	const struct admin		*a;
	size_t				 count;

	if (mail[0] == '\0') {
		err_set(e, ERR_USAGE, 0, T_NO_MAIL);
		return err_hint(e, T_NO_MAIL_HINT);
	}
	if (!admin_store_get(ctx, params, &store, e) ||
	    !admin_list_load(ctx, store, &l, e))
		return false;
	a = admin_list_find(&l, mail, &count);
	if (a == NULL) {
		err_set(e, ERR_MONGO, 0, count > 1 ? T_SEVERAL : T_NOT_ADMIN,
		    mail);
		return err_hint(e, count > 1 ? T_SEVERAL_HINT :
		    T_NOT_ADMIN_HINT);
	}
	j = admin_json(a);
	if (j == NULL)
		return err_nomem(e);
	if (!mark_unverified(j, l.unverified, e))
		return false;
	*result = TAKE(j);
	return true;
}

static bool
export_csv(const json_t *array, struct buf *out, struct err *e)
{
	static const char *const columns[] = {
		"email", "name", "dn", "directory", "id"
	};
	AUTO_BUF struct buf	 problems = BUF_INIT;
	const json_t		*row, *p;
	size_t			 i, k;

	for (k = 0; k < LENGTH(columns); k++)
		csv_cell(out, columns[k], k == 0);
	buf_puts(out, ",problems\r\n");
	json_array_foreach(array, i, row) {
		for (k = 0; k < LENGTH(columns); k++)
			csv_cell(out, json_text(row, columns[k]), k == 0);
		buf_reset(&problems);
		json_array_foreach(json_object_get(row, "problems"), k, p)
			buf_printf(&problems, "%s%s", k > 0 ? "; " : "",
			    json_string_value(p));
		csv_cell(out, buf_str(&problems), false);
		buf_puts(out, "\r\n");
	}
	return buf_ok(&problems, e) && buf_ok(out, e);
}

bool
admin_export_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_JSON json_t	*array = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*dump = NULL;
	const char		*format = json_str(params, "format");
	bool			 unverified;

	if (!list_array(ctx, params, &array, &unverified, e))
		return false;
	if (format != NULL && strcmp(format, "json") == 0) {
		dump = json_dumps(array, JSON_INDENT(2));
		if (dump == NULL)
			return err_nomem(e);
		buf_printf(&text, "%s\n", dump);
		if (!buf_ok(&text, e))
			return false;
	} else if (!export_csv(array, &text, e)) {
		return false;
	}
	*result = json_pack("{s:s,s:s}", "format",
	    format != NULL ? format : "csv", "text", buf_str(&text));
	return mark_unverified(*result, unverified, e);
}

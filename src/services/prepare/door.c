/*
 * The ways in.  Which account there is and what it may changes while the
 * steps go on: each command tries them in order, and what is asked is the
 * server, never what was planned.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "prepare.h"

bool
prepare_door_add(struct prepare_door *d, const struct secret *url,
    struct err *e)
{
	if (url == NULL || d->count == DOOR_MAX)
		return true;
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(secret_reveal(d->urls[i]), secret_reveal(url)) ==
		    0)
			return true;
	d->urls[d->count] = secret_dup(url, e);
	if (d->urls[d->count] == NULL)
		return false;
	d->count++;
	return true;
}

void
prepare_door_fini(struct prepare_door *d)
{
	for (size_t i = 0; i < d->count; i++)
		secret_free(d->urls[i]);
	free(d->member);
	*d = (struct prepare_door){ .count = 0 };
}

json_t *
prepare_door_args(const struct ctx *ctx, struct plan *plan,
    const struct prepare_door *d, struct err *e)
{
	AUTO_JSON json_t *urls = json_array();
	json_t		*out;
	char		 digest[65];

	for (size_t i = 0; i < d->count; i++) {
		if (!plan_secret_add(ctx, plan, d->urls[i], digest, e))
			return NULL;
		json_array_append_new(urls, json_string(digest));
	}
	out = json_pack("{s:O, s:s?}", "urls", urls, "member", d->member);
	if (out == NULL)
		err_nomem(e);
	return out;
}

bool
prepare_door_load(const struct ctx *ctx, const json_t *args,
    struct prepare_door *d, struct err *e)
{
	const json_t	*door = json_object_get(args, "door");
	json_t		*digest;
	size_t		 i;

	*d = (struct prepare_door){ .count = 0 };
	json_array_foreach(json_object_get(door, "urls"), i, digest) {
		struct buf	 url = BUF_INIT;
		bool		 ok = i < DOOR_MAX && blob_get(ctx,
		    json_string_value(digest), &url, e) &&
		    (d->urls[i] = secret_new(url.data, url.len, e)) != NULL;

		buf_wipe(&url);
		if (!ok) {
			prepare_door_fini(d);
			return false;
		}
		d->count++;
	}
	if (json_str(door, "member") == NULL)
		return true;
	d->member = strdup(json_text(door, "member"));
	return d->member != NULL || err_nomem(e);
}

static bool
timeout_get(const struct ctx *ctx, int *timeout_ms, struct err *e)
{
	int64_t ms;

	if (!settings_get_int(ctx, "mongo.timeout_ms", &ms, e))
		return false;
	*timeout_ms = ms < 100 ? 100 : ms > 600000 ? 600000 : (int)ms;
	return true;
}

/* The server itself, or the first one of the URL. */
static char *
first_host(const struct prepare_door *d)
{
	struct site_mongo_parts p;

	if (d->member != NULL)
		return strdup(d->member);
	if (d->count == 0)
		return strdup("localhost:27017");
	site_mongo_split(secret_reveal(d->urls[0]), &p);
	return strndup(p.hosts, strcspn(p.hosts, ",/?"));
}

static bool
ask_by(struct ctx *ctx, const struct mongo_open_spec *spec, const char *db,
    const char *command, json_t **reply, struct err *e)
{
	AUTO_MONGO struct mongo *m = NULL;

	(void)ctx;
	return mongo_open_as(spec, &m, e) &&
	    mongo_command(m, db, command, "userAdminAnyDatabase", reply, e);
}

bool
prepare_ask_as_nobody(struct ctx *ctx, const struct prepare_door *d,
    const char *db, const char *command, json_t **reply, struct err *e)
{
	AUTO_SECRET struct secret *nobody = NULL;
	AUTO_FREE char	*host = first_host(d);
	struct mongo_open_spec spec = { .wants = MONGO_ANY,
		.no_login = true, .member = host };

	if (host == NULL)
		return err_nomem(e);
	if (d->count > 0)
		spec.url = d->urls[0];
	else
		spec.url = nobody = secret_new("mongodb://x/", 12, e);
	return spec.url != NULL && timeout_get(ctx, &spec.timeout_ms, e) &&
	    ask_by(ctx, &spec, db, command, reply, e);
}

/* Another account may have what this one lacks. */
static bool
is_about_rights(const struct err *e)
{
	return e->domain == ERR_MONGO && (e->code == MONGO_UNAUTHORIZED ||
	    e->code == MONGO_AUTH_FAILED);
}

bool
prepare_ask(struct ctx *ctx, const struct prepare_door *d, const char *db,
    const char *command, json_t **reply, struct err *e)
{
	struct mongo_open_spec	 spec = { .wants = MONGO_ANY,
		.member = d->member };
	struct err		 why = { 0 }, first = { 0 };

	if (!timeout_get(ctx, &spec.timeout_ms, e))
		return false;
	for (size_t i = 0; i < d->count; i++) {
		spec.url = d->urls[i];
		err_clear(&why);
		if (ask_by(ctx, &spec, db, command, reply, &why))
			return true;
		if (!is_about_rights(&why))
			return err_copy(e, &why);
		/* "May not" says more than "is not there". */
		if (first.domain == 0 || first.code == MONGO_AUTH_FAILED)
			first = why;
	}
	err_clear(&why);
	if (prepare_ask_as_nobody(ctx, d, db, command, reply, &why))
		return true;
	return err_copy(e, is_about_rights(&why) && first.domain != 0 ?
	    &first : &why);
}

char *
prepare_words(json_t *command)
{
	char *text = command == NULL ? NULL : json_dumps(command,
	    JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(command);
	return text;
}

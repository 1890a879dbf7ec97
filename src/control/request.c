/*
 * A call as it goes to serve: secrets and long texts as descriptors, the site
 * as a place that means the same in another process.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

void
remote_call_free(struct remote_call *c)
{
	size_t i;

	for (i = 0; i < c->fd_count; i++)
		close(c->fds[i]);
	json_decref(c->message);
	free(c);
}

/* One value more as a descriptor, its name into the message's list. */
static bool
value_send(struct remote_call *c, const char *list, const char *name,
    const void *bytes, size_t len, struct err *e)
{
	json_t	*names = json_object_get(c->message, list);
	int	 fd;

	if (c->fd_count == CONTROL_FDS ||
	    json_array_append_new(names, json_string(name)) < 0)
		return err_nomem(e);
	fd = memory_make(bytes, len, e);
	if (fd < 0)
		return false;
	c->fds[c->fd_count++] = fd;
	return true;
}

static bool
secrets_send(struct remote_call *c, const struct work_call *asked,
    struct err *e)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++) {
		const struct ctx_secret *s = &asked->secrets[i];

		if (s->value != NULL && !value_send(c, "secrets", s->name,
		    secret_reveal(s->value), secret_len(s->value), e))
			return false;
	}
	return true;
}

/* What does not fit into a message; there are few such parameters. */
static bool
inputs_send(struct remote_call *c, const struct verb *v, json_t *params,
    struct err *e)
{
	const json_t	*text;
	size_t		 i;

	for (i = 0; v != NULL && i < v->param_count; i++) {
		text = json_object_get(params, v->params[i].name);
		if (v->params[i].type != PARAM_INPUT ||
		    json_string_length(text) <= CONTROL_INLINE_MAX)
			continue;
		if (!value_send(c, "inputs", v->params[i].name,
		    json_string_value(text), json_string_length(text), e))
			return false;
		json_object_del(params, v->params[i].name);
	}
	return true;
}

static json_t *
paths_json(const struct work_call *asked)
{
	json_t	*paths = json_object();
	size_t	 i;

	for (i = 0; i < CTX_SECRETS; i++)
		if (asked->inputs[i].name != NULL &&
		    asked->inputs[i].path != NULL)
			json_object_set_new(paths, asked->inputs[i].name,
			    json_lossy(asked->inputs[i].path,
			    strlen(asked->inputs[i].path)));
	return paths;
}

/* Serve stands elsewhere; a folder that is not here it will name itself. */
static json_t *
site_json_of(const char *site)
{
	AUTO_FREE char *path = NULL;

	if (site == NULL)
		return json_null();
	if (*site != '/' && !str_equal(site, "demo"))
		path = realpath(site, NULL);
	return json_string(path != NULL ? path : site);
}

static bool
message_fill(struct remote_call *c, const struct work *w,
    const struct work_call *asked, json_t *params, struct err *e)
{
	const struct verb *v = asked->verb != NULL ? registry_verb(
	    w->world->registry, asked->verb) : NULL;

	c->message = json_pack(
	    "{s:i, s:s, s:I, s:s, s:s?, s:s?, s:i, s:o, s:o, s:[], s:[]}",
	    "v", CONTROL_V, "type", "call", "id", (json_int_t)c->id, "kind",
	    message_kind_name(asked->kind), "verb", asked->verb, "hash",
	    asked->hash, "confirm_within_s", asked->confirm_within_s,
	    "site", site_json_of(w->site), "paths", paths_json(asked),
	    "secrets", "inputs");
	if (c->message == NULL)
		return err_nomem(e);
	if (!secrets_send(c, asked, e) || !inputs_send(c, v, params, e))
		return false;
	return json_object_set(c->message, "params", params) == 0 ? true :
	    err_nomem(e);
}

struct remote_call *
remote_call_new(const struct work *w, unsigned id,
    const struct work_call *asked, struct err *e)
{
	AUTO_JSON json_t	*params = asked->params != NULL ?
				    json_deep_copy(asked->params) :
				    json_object();
	struct remote_call	*c = calloc(1, sizeof(*c));

	if (c == NULL || params == NULL) {
		free(c);
		err_nomem(e);
		return NULL;
	}
	c->id = id;
	if (message_fill(c, w, asked, params, e))
		return c;
	remote_call_free(c);
	return NULL;
}

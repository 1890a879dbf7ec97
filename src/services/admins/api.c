/*
 * The Admin API.  The flow is known from HCL's own code for its siblings
 * (facts 2.3): a refresh that is refused on purpose brings the CSRF cookie
 * and token, a login brings the session's cookies, a second refresh the token
 * that working calls need.  The path and the bodies of the administrators are
 * NOT published: the path is a setting, and the bodies are what their
 * siblings have.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/http.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/secret.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "api.h"
#include "text.def"

#define AUTH	"/sametime-auth/api/v1"

struct api {
	struct http	*http;
	char		*base;		/* https://host[:port] */
	char		*path;		/* of the administrators */
	char		*token;		/* x-csrf-token */
};

void
api_close(struct api *a)
{
	if (a == NULL)
		return;
	http_free(a->http);
	free(a->base);
	free(a->path);
	if (a->token != NULL)
		explicit_bzero(a->token, strlen(a->token));
	free(a->token);
	free(a);
}

void
api_close_at(struct api **a)
{
	api_close(*a);
}

/* The setting may be a path on the site's public URL, or a whole URL. */
static bool
api_address(struct ctx *ctx, struct api *a, struct err *e)
{
	AUTO_FREE char	*setting = NULL;
	const char	*url, *path;
	struct site	*site;
	struct site_origin origin;
	size_t		 len;

	if (!settings_get(ctx, "admins.api_path", &setting, e))
		return false;
	url = path = setting;
	if (!str_starts(setting, "https://")) {
		if (!site_need(ctx, &site, e))
			return false;
		url = site_fact(site, "public_url", &origin);
		if (url == NULL || !str_starts(url, "https://")) {
			err_set(e, ERR_SITE, 0, T_API_NO_URL);
			return err_hint(e, T_API_NO_URL_HINT);
		}
	}
	len = strlen("https://") + strcspn(url + strlen("https://"), "/?#");
	if (url == setting)
		path = setting + len;
	a->base = strndup(url, len);
	a->path = strdup(path);
	return (a->base != NULL && a->path != NULL) || err_nomem(e);
}

/* One request with the token; a new token in the answer is kept. */
static bool
api_call(struct api *a, const char *method, const char *path,
    const char *type, const struct buf *body, struct http_response *r,
    struct err *e)
{
	AUTO_FREE char	*url = str_format("%s%s", a->base, path);
	AUTO_FREE char	*csrf = str_format("X-CSRF-Token: %s",
	    a->token != NULL ? a->token : "");
	AUTO_FREE char	*kind = str_format("Content-Type: %s",
	    type != NULL ? type : "application/json");
	const char	*headers[] = { "Accept: application/json",
	    NULL, NULL, NULL };
	struct http_request q = { .method = method, .url = url,
	    .headers = headers };
	size_t		 n = 1;
	char		*token;

	if (url == NULL || csrf == NULL || kind == NULL)
		return err_nomem(e);
	if (a->token != NULL)
		headers[n++] = csrf;
	if (body != NULL) {
		headers[n] = kind;
		q.body = buf_str(body);
		q.body_len = body->len;
	}
	if (!http_do(a->http, &q, r, e))
		return false;
	if ((token = http_header(r, "x-csrf-token")) != NULL) {
		free(a->token);
		a->token = token;
	}
	explicit_bzero(csrf, strlen(csrf));
	return true;
}

static bool
api_login(struct api *a, const struct secret *login, struct err *e)
{
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	AUTO_FREE char	*user = NULL, *password = NULL;
	struct buf	 form = BUF_INIT;
	const char	*text = secret_reveal(login);
	size_t		 len = strcspn(text, "\r\n");
	bool		 ok;

	user = strndup(text, len);
	if (user == NULL)
		return err_nomem(e);
	text += len;
	text += strspn(text, "\r\n");
	password = strndup(text, strcspn(text, "\r\n"));
	if (password == NULL)
		return err_nomem(e);
	buf_puts(&form, "username=");
	http_escape(&form, user);
	buf_puts(&form, "&password=");
	http_escape(&form, password);
	ok = buf_ok(&form, e) && api_call(a, "POST", AUTH "/login",
	    "application/x-www-form-urlencoded", &form, &r, e);
	buf_wipe(&form);
	explicit_bzero(password, strlen(password));
	if (!ok)
		return false;
	if (r.status == 200)
		return true;
	if (r.status == 400 || r.status == 401) {
		err_set(e, ERR_HTTP, (int)r.status, T_API_LOGIN, a->base,
		    user);
		return err_hint(e, T_API_LOGIN_HINT);
	}
	err_set(e, ERR_HTTP, (int)r.status, T_API_STATUS, a->base,
	    AUTH "/login", r.status);
	return err_hint(e, T_API_STATUS_HINT);
}

static bool
api_refresh(struct api *a, long *status, struct err *e)
{
	AUTO_RESPONSE struct http_response r = { .status = 0 };

	if (!api_call(a, "GET", AUTH "/refresh", NULL, NULL, &r, e))
		return false;
	*status = r.status;
	if (a->token != NULL)
		return true;
	err_set(e, ERR_HTTP, (int)r.status, T_API_NO_TOKEN, a->base,
	    r.status);
	return err_hint(e, T_API_NO_TOKEN_HINT);
}

/* An empty password would be sent, and is an anonymous bind to some. */
static bool
login_is_whole(const char *text)
{
	size_t	 user = strcspn(text, "\r\n");

	return user > 0 && text[user + strspn(text + user, "\r\n")] != '\0';
}

static bool
api_session(struct api *a, const struct secret *login, struct err *e)
{
	long	 status;

	/* 401 on purpose. */
	if (!api_refresh(a, &status, e) || !api_login(a, login, e) ||
	    !api_refresh(a, &status, e))
		return false;
	if (status == 200)
		return true;
	err_set(e, ERR_HTTP, (int)status, T_API_STATUS, a->base,
	    AUTH "/refresh", status);
	return err_hint(e, T_API_STATUS_HINT);
}

bool
api_open(struct ctx *ctx, struct api **out, struct err *e)
{
	AUTO_API struct api	  *a = calloc(1, sizeof(*a));
	AUTO_SECRET struct secret *kept = NULL;
	const struct secret	  *login = ctx_secret(ctx, "api_login_file");

	if (a == NULL)
		return err_nomem(e);
	if (login == NULL) {
		if (!settings_get_secret(ctx, "admins.api_login", &kept, e))
			return false;
		login = kept;
	}
	if (login == NULL || !login_is_whole(secret_reveal(login))) {
		err_set(e, ERR_HTTP, 0, T_API_NO_LOGIN);
		return err_hint(e, T_API_NO_LOGIN_HINT);
	}
	if (!api_address(ctx, a, e) || !http_new(ctx, &a->http, e) ||
	    !api_session(a, login, e))
		return false;
	*out = TAKE(a);
	return true;
}

/* Nobody has published what it answers: these are the usual shapes. */
static json_t *
list_of(json_t *j)
{
	static const char *const names[] = {
		"administrators", "admins", "items", "data", "results"
	};
	size_t	 i;

	if (json_is_array(j))
		return j;
	for (i = 0; i < LENGTH(names); i++)
		if (json_is_array(json_object_get(j, names[i])))
			return json_object_get(j, names[i]);
	return NULL;
}

static bool
api_unexpected(const struct api *a, const char *method,
    const struct http_response *r, struct err *e)
{
	AUTO_FREE char	*what = str_format("%s %s", method, a->path);

	err_set(e, ERR_HTTP, (int)r->status, T_API_STATUS, a->base,
	    what != NULL ? what : "", r->status);
	return err_hint(e, r->status == 401 || r->status == 403 ?
	    T_API_RIGHTS_HINT : T_API_PATH_HINT);
}

bool
api_list(struct api *a, json_t **array, struct err *e)
{
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	AUTO_JSON json_t *j = NULL;

	if (!api_call(a, "GET", a->path, NULL, NULL, &r, e))
		return false;
	if (r.status != 200)
		return api_unexpected(a, "GET", &r, e);
	j = json_parse(buf_str(&r.body), r.body.len, e);
	if (j == NULL)
		return err_context(e, "%s", a->base);
	*array = json_incref(list_of(j));
	if (*array != NULL)
		return true;
	err_set(e, ERR_HTTP, 0, T_API_SHAPE, a->base);
	return err_hint(e, T_API_PATH_HINT);
}

bool
api_insert(struct api *a, const char *email, struct err *e)
{
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	AUTO_JSON json_t *j = json_pack("{s:s}", "email", email);
	AUTO_BUF struct buf body = BUF_INIT;
	AUTO_FREE char	*text = j == NULL ? NULL : json_dumps(j,
	    JSON_COMPACT);

	if (text == NULL)
		return err_nomem(e);
	buf_puts(&body, text);
	if (!buf_ok(&body, e) || !api_call(a, "POST", a->path, NULL, &body,
	    &r, e))
		return false;
	return r.status == 200 || r.status == 201 || r.status == 204 ||
	    api_unexpected(a, "POST", &r, e);
}

bool
api_delete(struct api *a, const char *id, struct err *e)
{
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	AUTO_BUF struct buf path = BUF_INIT;

	buf_printf(&path, "%s/", a->path);
	http_escape(&path, id);
	if (!buf_ok(&path, e) || !api_call(a, "DELETE", buf_str(&path), NULL,
	    NULL, &r, e))
		return false;
	return r.status == 200 || r.status == 204 ||
	    api_unexpected(a, "DELETE", &r, e);
}

/*
 * An HTTPS server that behaves as far as Sametime's REST services are known
 * (facts 2.2-2.4): the refresh-token, login, refresh flow with cookies and
 * CSRF header, and proxyinfo.  The paths, bodies and answers below the admin
 * prefix are NOT published; here they are the pattern of their siblings and
 * the path is an option.
 *
 * Stricter than what is known, so that a client cannot pass by luck: a CSRF
 * token is bound to the _csrf cookie and to who is logged in, so the token
 * from before the login is refused by working calls.
 *
 * Administrators live in memory: id (hex text) and email, unique without
 * regard to case.
 */
#include "house.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "stconsole/digest.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"
#include "api_http.h"
#include "text.def"

#define ADMIN_PATH	"/sametime-admin/api/v1/administrators"
#define AUTH_PATH	"/sametime-auth/api/v1"
#define USER		"kim.admin@corp.test"
#define USER_DN		"uid=u00002,ou=people,dc=corp,dc=test"
#define START_S		10
#define ACCESS_S	7200
#define REFRESH_S	(30 * 86400)
#define ANYBODY		"anonymous"
#define VALUE_SIZE	2048

struct api {
	const char	*admin_path;
	const char	*password;
	const char	*jwt_secret;
	char		 csrf_key[65];
	pthread_mutex_t	 lock;		/* guards administrators */
	json_t		*administrators;
};

struct call {
	struct api			*api;
	const struct api_request	*q;
	struct api_answer		*a;
	const char			*rest;	/* path after the route */
};

static void
fail(struct call *c, int status, const char *message)
{
	c->a->status = status;
	buf_reset(&c->a->body);
	buf_printf(&c->a->body, "{\"message\":\"%s\"}", message);
}

/* ---- tokens ---- */

static void
base64url(const void *data, size_t len, struct buf *out)
{
	AUTO_FREE char	*b64 = malloc(len * 2 + 8);

	if (b64 == NULL)
		return;
	EVP_EncodeBlock((unsigned char *)b64, data, (int)len);
	for (char *p = b64; *p != '\0' && *p != '='; p++)
		buf_putc(out, *p == '+' ? '-' : *p == '/' ? '_' : *p);
}

static void
jwt_sign(const struct api *api, struct buf *token)
{
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned	 len = 0;

	HMAC(EVP_sha256(), api->jwt_secret, (int)strlen(api->jwt_secret),
	    (const unsigned char *)token->data, token->len, mac, &len);
	buf_putc(token, '.');
	base64url(mac, len, token);
}

/* HS256 with the claims of a real one; aud tells access from refresh. */
static void
jwt_make(const struct api *api, const char *aud, long seconds,
    struct buf *out)
{
	static const char	 head[] = "{\"alg\":\"HS256\","
	    "\"typ\":\"JWT\"}";
	AUTO_BUF struct buf	 claims = BUF_INIT;
	long			 now = (long)time(NULL);

	buf_printf(&claims, "{\"iss\":\"sametime\",\"aud\":\"%s\","
	    "\"sub\":\"%s\",\"iat\":%ld,\"exp\":%ld,\"room\":\"*\","
	    "\"context\":{\"user\":{\"name\":\"Kim Admin\",\"email\":\"%s\"},"
	    "\"roles\":[]}}", aud, USER_DN, now, now + seconds, USER);
	base64url(head, sizeof(head) - 1, out);
	buf_putc(out, '.');
	base64url(claims.data, claims.len, out);
	jwt_sign(api, out);
}

static bool
text_is_same(const char *a, const char *b)
{
	size_t	 n = strlen(a);

	return n > 0 && n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

/* The claims of a token whose signature holds, or NULL. */
static json_t *
jwt_claims(const struct api *api, const char *token)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	unsigned char		 text[VALUE_SIZE];
	const char		*first = strchr(token, '.');
	const char		*last = strrchr(token, '.');
	size_t			 len = 0;

	if (first == NULL || last == first || strlen(token) >= VALUE_SIZE)
		return NULL;
	buf_add(&b, token, (size_t)(last - token));
	jwt_sign(api, &b);
	if (!text_is_same(buf_str(&b), token))
		return NULL;
	buf_reset(&b);
	buf_add(&b, first + 1, (size_t)(last - first - 1));
	for (size_t i = 0; i < b.len; i++)
		b.data[i] = b.data[i] == '-' ? '+' : b.data[i] == '_' ? '/' :
		    b.data[i];
	len = b.len * 3 / 4;
	while (b.len % 4 != 0)
		buf_putc(&b, '=');
	if (EVP_DecodeBlock(text, (const unsigned char *)b.data,
	    (int)b.len) < 0)
		return NULL;
	return json_parse((const char *)text, len, NULL);
}

static bool
jwt_is_valid(const struct api *api, const char *token, const char *aud)
{
	AUTO_JSON json_t	*claims = jwt_claims(api, token);

	return claims != NULL && str_equal(json_str(claims, "aud"), aud) &&
	    json_int(claims, "exp", 0) > (int64_t)time(NULL);
}

/* "SALT-MAC": as many as wanted for one cookie, none for another. */
static void
csrf_make(const struct api *api, const char *cookie, const char *who,
    const char *salt, char *out, size_t size)
{
	AUTO_FREE char	*text = str_format("%s|%s|%s", cookie, who, salt);
	char		 hex[DIGEST_HEX_SIZE] = "";

	if (text != NULL)
		digest_hmac(api->csrf_key, strlen(api->csrf_key), text,
		    strlen(text), hex);
	snprintf(out, size, "%s-%.32s", salt, hex);
}

static bool
csrf_is_valid(struct call *c, const char *who)
{
	char	 cookie[128], token[128], want[128], salt[17];

	api_cookie(c->q, "_csrf", cookie, sizeof(cookie));
	api_header(c->q, "X-CSRF-Token", token, sizeof(token));
	snprintf(salt, sizeof(salt), "%.*s", (int)strcspn(token, "-"), token);
	if (*cookie == '\0' || *salt == '\0')
		return false;
	csrf_make(c->api, cookie, who, salt, want, sizeof(want));
	return text_is_same(want, token);
}

/* A new token in the answer, with its cookie when there is none yet. */
static void
csrf_give(struct call *c, const char *who)
{
	char	 cookie[128], token[128], salt[17] = "";

	api_cookie(c->q, "_csrf", cookie, sizeof(cookie));
	if (strlen(cookie) < 16) {
		digest_random_hex(16, cookie, NULL);
		buf_printf(&c->a->head, "Set-Cookie: _csrf=%s; Path=/; "
		    "HttpOnly; Secure; SameSite=Strict\r\n", cookie);
	}
	digest_random_hex(8, salt, NULL);
	csrf_make(c->api, cookie, who, salt, token, sizeof(token));
	buf_printf(&c->a->head, "x-csrf-token: %s\r\n", token);
}

static void
cookie_give(struct call *c, const char *name, const char *aud, long seconds)
{
	AUTO_BUF struct buf	 token = BUF_INIT;

	jwt_make(c->api, aud, seconds, &token);
	buf_printf(&c->a->head, "Set-Cookie: %s=%s; Path=/; HttpOnly; "
	    "Secure\r\n", name, buf_str(&token));
}

/* ---- authentication ---- */

static void
auth_refresh(struct call *c)
{
	char	 token[VALUE_SIZE];

	api_cookie(c->q, "sametimeRefresh", token, sizeof(token));
	if (!jwt_is_valid(c->api, token, "sametimeRefresh") ||
	    (!csrf_is_valid(c, USER) && !csrf_is_valid(c, ANYBODY))) {
		csrf_give(c, ANYBODY);
		fail(c, 401, "not logged in");
		return;
	}
	csrf_give(c, USER);
	cookie_give(c, "sametimeJwt", "sametimeMeetings", ACCESS_S);
	c->a->status = 200;
	buf_puts(&c->a->body, "{}");
}

static void
auth_login(struct call *c)
{
	char	 type[128], user[256], password[256];

	api_header(c->q, "Content-Type", type, sizeof(type));
	if (!str_starts(type, "application/x-www-form-urlencoded")) {
		fail(c, 400, "form expected");
		return;
	}
	if (!csrf_is_valid(c, ANYBODY)) {
		fail(c, 403, "invalid csrf token");
		return;
	}
	api_form(c->q, "username", user, sizeof(user));
	api_form(c->q, "password", password, sizeof(password));
	if (!str_equal_nocase(user, USER) ||
	    !text_is_same(password, c->api->password)) {
		fail(c, 401, "bad credentials");
		return;
	}
	cookie_give(c, "sametimeJwt", "sametimeMeetings", ACCESS_S);
	cookie_give(c, "sametimeRefresh", "sametimeRefresh", REFRESH_S);
	c->a->status = 200;
	buf_puts(&c->a->body, "{}");
}

static bool
caller_is_logged_in(struct call *c)
{
	char	 token[VALUE_SIZE];

	api_cookie(c->q, "sametimeJwt", token, sizeof(token));
	if (!jwt_is_valid(c->api, token, "sametimeMeetings")) {
		fail(c, 401, "not logged in");
		return false;
	}
	return true;
}

static void
auth_check(struct call *c)
{
	if (!caller_is_logged_in(c))
		return;
	csrf_give(c, USER);
	c->a->status = 200;
	buf_puts(&c->a->body, "{}");
}

static void
proxyinfo(struct call *c)
{
	c->a->status = 200;
	buf_puts(&c->a->body, "{\"isSAML\":false,\"isOIDC\":false,"
	    "\"oidcIssuer\":\"\",\"IDPUrl\":\"\",\"communityConnected\":true}");
}

/* ---- administrators (unverified) ---- */

static void
json_answer(struct call *c, int status, const json_t *j)
{
	AUTO_FREE char	*text = json_canonical(j);

	c->a->status = status;
	buf_puts(&c->a->body, text == NULL ? "" : text);
}

static size_t
admin_find(const struct api *api, const char *key, const char *value)
{
	size_t	 n = json_array_size(api->administrators);

	for (size_t i = 0; i < n; i++) {
		if (str_equal_nocase(value, json_text(json_array_get(
		    api->administrators, i), key)))
			return i;
	}
	return n;
}

static bool
admin_append(struct api *api, const char *email)
{
	char	 id[25];

	return digest_random_hex(12, id, NULL) &&
	    json_array_append_new(api->administrators, json_pack(
	    "{s:s, s:s}", "_id", id, "email", email)) == 0;
}

static void
admin_list(struct call *c)
{
	json_answer(c, 200, c->api->administrators);
}

static void
admin_post(struct call *c)
{
	AUTO_JSON json_t	*j = json_parse(c->q->body,
	    strlen(c->q->body), NULL);
	const char		*email = json_text(j, "email");
	json_t			*all = c->api->administrators;
	size_t			 n = json_array_size(all);

	if (strchr(email, '@') == NULL)
		fail(c, 400, "email expected");
	else if (admin_find(c->api, "email", email) < n)
		fail(c, 409, "exists");
	else if (!admin_append(c->api, email))
		fail(c, 400, "out of memory");
	else
		json_answer(c, 201, json_array_get(all, n));
}

static void
admin_delete(struct call *c)
{
	size_t	 n = admin_find(c->api, "_id", c->rest);

	if (n == json_array_size(c->api->administrators)) {
		fail(c, 404, "no such administrator");
		return;
	}
	json_array_remove(c->api->administrators, n);
	c->a->status = 204;
}

static void
admin_call(struct call *c)
{
	const char	*method = c->q->method;

	if (!caller_is_logged_in(c))
		return;
	if (!csrf_is_valid(c, USER)) {
		fail(c, 403, "invalid csrf token");
		return;
	}
	pthread_mutex_lock(&c->api->lock);
	if (str_equal(method, "GET") && *c->rest == '\0')
		admin_list(c);
	else if (str_equal(method, "POST") && *c->rest == '\0')
		admin_post(c);
	else if (str_equal(method, "DELETE") && *c->rest != '\0')
		admin_delete(c);
	else
		fail(c, 405, "method not allowed");
	pthread_mutex_unlock(&c->api->lock);
}

/* ---- routes ---- */

static const struct {
	const char	*method;
	const char	*path;
	void		(*answer)(struct call *c);
} routes[] = {
	{ "GET", AUTH_PATH "/refresh", auth_refresh },
	{ "POST", AUTH_PATH "/login", auth_login },
	{ "GET", AUTH_PATH "/check", auth_check },
	{ "GET", "/stwebapi/proxyinfo", proxyinfo },
};

static void
api_answer(void *arg, const struct api_request *q, struct api_answer *a)
{
	struct call	 c = { arg, q, a, "" };
	size_t		 n = strlen(c.api->admin_path);

	if (str_starts(q->path, c.api->admin_path) &&
	    (q->path[n] == '\0' || q->path[n] == '/')) {
		c.rest = q->path + n + (q->path[n] == '/');
		admin_call(&c);
		return;
	}
	for (size_t i = 0; i < LENGTH(routes); i++) {
		if (!str_equal(q->path, routes[i].path))
			continue;
		if (str_equal(q->method, routes[i].method))
			routes[i].answer(&c);
		else
			fail(&c, 405, "method not allowed");
		return;
	}
	fail(&c, 404, "not found");
}

struct api_job {
	struct lab_house	*house;
	int			 port;
	const char		*password;
	const char		*jwt_secret;
};

static int
api_work(void *arg)
{
	struct api_job		*job = arg;
	AUTO_FREE char		*chain = lab_path(job->house,
	    "tls/server.pem");
	AUTO_FREE char		*key = lab_path(job->house,
	    "tls/server.key");
	const char		*path = job->house->run->admin_path;
	struct api		 api = {
		.admin_path = path == NULL ? ADMIN_PATH : path,
		.password = job->password, .jwt_secret = job->jwt_secret,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.administrators = json_array(),
	};
	struct api_server	 server = { job->port, job->house->has_ipv6,
	    chain, key, api_answer, &api };

	if (chain == NULL || key == NULL ||
	    !digest_random_hex(32, api.csrf_key, NULL) ||
	    !admin_append(&api, USER) ||
	    !admin_append(&api, "robin.admin@corp.test"))
		return 1;
	return api_serve(&server);
}

static bool
api_facts(struct lab_house *h, pid_t pid, int port, struct err *e)
{
	const char	*path = h->run->admin_path;
	json_t		*fact = lab_child_fact(h, pid);
	json_t		*more = NULL;
	bool		 ok = lab_word(h, "API_URL", "https://localhost:%d",
	    port);

	more = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "host",
	    "localhost", "port", port, "url", lab_word_get(h, "API_URL"),
	    "admin_path", path == NULL ? ADMIN_PATH : path, "user", USER,
	    "password_file", "secrets/api");
	ok = ok && fact != NULL && more != NULL &&
	    json_object_update(fact, more) == 0;
	json_decref(more);
	if (!ok) {
		json_decref(fact);
		return err_nomem(e);
	}
	return lab_fact(h, "api", fact, e);
}

bool
lab_api_start(struct lab_house *h, struct err *e)
{
	AUTO_FREE char	*log = lab_path(h, "log/api");
	struct api_job	 job = { .house = h };
	pid_t		 pid = -1;

	job.password = lab_secret(h, "api", "pass&word=+% ", e);
	job.jwt_secret = lab_secret(h, "jwt", "", e);
	if (job.password == NULL || job.jwt_secret == NULL)
		return false;
	if (log == NULL)
		return err_nomem(e);
	job.port = lab_port_free();
	if (job.port == 0)
		return err_set(e, ERR_SYS, 0, T_LAB_PORT);
	pid = lab_fork(h, api_work, &job, log, e);
	return pid > 0 && lab_wait_ready(h, pid, T_LAB_API_NAME, log,
	    START_S, lab_port_answers, &job.port, e) &&
	    api_facts(h, pid, job.port, e);
}

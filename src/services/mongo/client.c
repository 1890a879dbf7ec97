/*
 * One connection: the URL checked, the driver started, the account logged in,
 * and what each server's hello said kept for the words of an error.
 *
 * The driver is used single-threaded (no monitor threads): nothing runs when
 * nobody asks, and every callback runs inside our own calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "driver.h"
#include "text.def"

#define SOCKET_TIMEOUT_MS	60000

static struct host_seen *
seen_get(struct mongo *m, const mongoc_host_list_t *host)
{
	size_t	 i;

	for (i = 0; i < m->seen_count; i++)
		if (strcmp(m->seen[i].name, host->host_and_port) == 0)
			return &m->seen[i];
	if (i == MONGO_HOSTS_MAX)
		return NULL;
	m->seen_count++;
	memset(&m->seen[i], 0, sizeof(m->seen[i]));
	snprintf(m->seen[i].name, sizeof(m->seen[i].name), "%s",
	    host->host_and_port);
	return &m->seen[i];
}

static bool
hello_flag(const bson_t *reply, const char *name)
{
	bson_iter_t	 it;

	return bson_iter_init_find(&it, reply, name) &&
	    bson_iter_as_bool(&it);
}

static int
hello_int(const bson_t *reply, const char *name)
{
	bson_iter_t	 it;

	return bson_iter_init_find(&it, reply, name) ?
	    (int)bson_iter_as_int64(&it) : 0;
}

static void
hello_text(const bson_t *reply, const char *name, char *out, size_t size)
{
	bson_iter_t	 it;

	out[0] = '\0';
	if (bson_iter_init_find(&it, reply, name) && BSON_ITER_HOLDS_UTF8(&it))
		snprintf(out, size, "%s", bson_iter_utf8(&it, NULL));
}

static void
seen_hello(struct host_seen *s, const bson_t *reply)
{
	char	 msg[16];

	s->answered = true;
	s->why[0] = '\0';
	/* isMaster (up to 4.2) and hello name the same thing differently. */
	s->is_primary = hello_flag(reply, "isWritablePrimary") ||
	    hello_flag(reply, "ismaster");
	s->is_secondary = hello_flag(reply, "secondary");
	s->is_ghost = hello_flag(reply, "isreplicaset");
	s->min_wire = hello_int(reply, "minWireVersion");
	s->max_wire = hello_int(reply, "maxWireVersion");
	hello_text(reply, "setName", s->set, sizeof(s->set));
	hello_text(reply, "msg", msg, sizeof(msg));
	s->is_mongos = strcmp(msg, "isdbgrid") == 0;
}

static void
on_hello(const mongoc_apm_server_heartbeat_succeeded_t *event)
{
	struct mongo	 *m =
	    mongoc_apm_server_heartbeat_succeeded_get_context(event);
	struct host_seen *s = seen_get(m,
	    mongoc_apm_server_heartbeat_succeeded_get_host(event));

	if (s != NULL)
		seen_hello(s,
		    mongoc_apm_server_heartbeat_succeeded_get_reply(event));
}

static void
on_silence(const mongoc_apm_server_heartbeat_failed_t *event)
{
	struct mongo	 *m =
	    mongoc_apm_server_heartbeat_failed_get_context(event);
	struct host_seen *s = seen_get(m,
	    mongoc_apm_server_heartbeat_failed_get_host(event));
	bson_error_t	  be;

	if (s == NULL)
		return;
	mongoc_apm_server_heartbeat_failed_get_error(event, &be);
	s->answered = false;
	snprintf(s->why, sizeof(s->why), "%s", be.message);
}

static void
client_watch(struct mongo *m)
{
	mongoc_apm_callbacks_t	*cb = mongoc_apm_callbacks_new();

	mongoc_apm_set_server_heartbeat_succeeded_cb(cb, on_hello);
	mongoc_apm_set_server_heartbeat_failed_cb(cb, on_silence);
	mongoc_client_set_apm_callbacks(m->client, cb, m);
	mongoc_apm_callbacks_destroy(cb);
}

/* The files that a URL names, before the driver stumbles over them. */
static bool
uri_file_check(const mongoc_uri_t *uri, const char *option, struct err *e)
{
	const char	*path = mongoc_uri_get_option_as_utf8(uri, option,
	    NULL);

	if (path == NULL || access(path, R_OK) == 0)
		return true;
	err_set(e, ERR_MONGO, MONGO_BAD_TLS, T_TLS_FILE, path,
	    strerror(errno));
	return err_hint(e, T_TLS_FILE_HINT);
}

static void
uri_default_int(mongoc_uri_t *uri, const char *option, int value)
{
	if (!mongoc_uri_has_option(uri, option))
		mongoc_uri_set_option_as_int32(uri, option, value);
}

static bool
uri_open(struct mongo *m, const struct secret *url, struct err *e)
{
	bson_error_t	 be;

	if (!mongo_url_check(secret_reveal(url), e))
		return false;
	if ((m->shown = mongo_url_mask(secret_reveal(url))) == NULL)
		return err_nomem(e);
	m->uri = mongoc_uri_new_with_error(secret_reveal(url), &be);
	if (m->uri == NULL) {
		err_set(e, ERR_MONGO, MONGO_BAD_URL, T_URL_OTHER, m->shown,
		    be.message);
		return err_hint(e, T_URL_OTHER_HINT);
	}
	uri_default_int(m->uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
	    m->timeout_ms);
	uri_default_int(m->uri, MONGOC_URI_CONNECTTIMEOUTMS, m->timeout_ms);
	uri_default_int(m->uri, MONGOC_URI_SOCKETTIMEOUTMS,
	    m->answer_ms);
	if (mongoc_uri_get_appname(m->uri) == NULL)
		mongoc_uri_set_appname(m->uri, "stconsole");
	return uri_file_check(m->uri, MONGOC_URI_TLSCAFILE, e) &&
	    uri_file_check(m->uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, e);
}

static bool
client_hosts(struct mongo *m, struct err *e)
{
	AUTO_BUF struct buf	  out = BUF_INIT;
	const mongoc_host_list_t *host;
	size_t			  i;

	/* NULL for mongodb+srv: then who answered. */
	for (host = mongoc_uri_get_hosts(m->uri); host != NULL;
	    host = host->next)
		buf_printf(&out, "%s%s", out.len > 0 ? "," : "",
		    host->host_and_port);
	for (i = 0; out.len == 0 && i < m->seen_count; i++)
		buf_printf(&out, "%s%s", i > 0 ? "," : "", m->seen[i].name);
	free(m->hosts);
	m->hosts = buf_take(&out);
	return m->hosts != NULL || err_nomem(e);
}

/* mongodb+srv: the names come from DNS, before any connection. */
static bool
client_new(struct mongo *m, struct err *e)
{
	bson_error_t	 be;

	m->client = mongoc_client_new_from_uri_with_error(m->uri, &be);
	if (m->client != NULL) {
		mongoc_client_set_error_api(m->client,
		    MONGOC_ERROR_API_VERSION_2);
		client_watch(m);
		return client_hosts(m, e);
	}
	if (str_starts(m->shown, "mongodb+srv:")) {
		err_set(e, ERR_MONGO, MONGO_UNREACHABLE, T_URL_SRV, m->shown,
		    be.message);
		return err_hint(e, T_URL_SRV_HINT);
	}
	err_set(e, ERR_MONGO, MONGO_BAD_URL, T_URL_OTHER, m->shown,
	    be.message);
	return err_hint(e, T_URL_OTHER_HINT);
}

static void
client_kind(struct mongo *m)
{
	size_t	 i;

	m->kind = MONGO_STANDALONE;
	for (i = 0; i < m->seen_count; i++) {
		if (m->seen[i].is_mongos)
			m->kind = MONGO_SHARDED;
		else if (m->seen[i].set[0] != '\0' || m->seen[i].is_ghost)
			m->kind = MONGO_REPLICA_SET;
	}
}

/* The first round trip: chooses a server and logs in. */
static bool
client_login(struct mongo *m, enum mongo_wants wants, struct err *e)
{
	const struct mongo_need	 need = { T_NEED_LOGIN, "", "" };
	mongoc_read_prefs_t	*prefs;
	bson_t			 ping = BSON_INITIALIZER;
	bson_error_t		 be;
	bool			 ok;

	prefs = mongoc_read_prefs_new(wants == MONGO_ANY ?
	    MONGOC_READ_PRIMARY_PREFERRED : MONGOC_READ_PRIMARY);
	BSON_APPEND_INT32(&ping, "ping", 1);
	ok = mongoc_client_command_simple(m->client, "admin", &ping, prefs,
	    NULL, &be);
	bson_destroy(&ping);
	mongoc_read_prefs_destroy(prefs);
	client_kind(m);
	if (!ok)
		return mongo_blame(m, &be, &need, e);
	return mongo_role_check(m, wants, e);
}

bool
mongo_open_as(const struct mongo_open_spec *spec, struct mongo **out,
    struct err *e)
{
	AUTO_MONGO struct mongo	  *m = calloc(1, sizeof(*m));
	AUTO_SECRET struct secret *at = NULL;

	if (m == NULL)
		return err_nomem(e);
	if (!mongo_driver_load(e))
		return false;
	if (spec->member != NULL && !mongo_url_at(spec->url, spec->member,
	    spec->no_login, &at, e))
		return false;
	m->pid = getpid();
	m->timeout_ms = spec->timeout_ms;
	m->answer_ms = spec->answer_ms > 0 ? spec->answer_ms :
	    SOCKET_TIMEOUT_MS;
	if (!uri_open(m, at != NULL ? at : spec->url, e) ||
	    !client_new(m, e) || !client_login(m, spec->wants, e) ||
	    !client_hosts(m, e))
		return false;
	*out = TAKE(m);
	return true;
}

bool
mongo_open_url(const struct secret *url, enum mongo_wants wants,
    int timeout_ms, struct mongo **out, struct err *e)
{
	const struct mongo_open_spec spec = { .url = url, .wants = wants,
		.timeout_ms = timeout_ms };

	return mongo_open_as(&spec, out, e);
}

static bool
open_timeout(const struct ctx *ctx, int *timeout_ms, struct err *e)
{
	int64_t	 ms;

	if (!settings_get_int(ctx, "mongo.timeout_ms", &ms, e))
		return false;
	*timeout_ms = ms < 100 ? 100 : ms > 600000 ? 600000 : (int)ms;
	return true;
}

bool
mongo_open(struct ctx *ctx, enum mongo_wants wants, struct mongo **out,
    struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;
	struct site		  *site;
	struct site_origin	   origin;
	int			   timeout_ms;

	return site_need(ctx, &site, e) &&
	    site_mongo_url(site, &url, &origin, e) &&
	    open_timeout(ctx, &timeout_ms, e) &&
	    mongo_open_url(url, wants, timeout_ms, out, e);
}

bool
mongo_open_admin(struct ctx *ctx, enum mongo_wants wants, struct mongo **out,
    struct err *e)
{
	AUTO_SECRET struct secret *kept = NULL;
	const struct secret	  *url = ctx_secret(ctx, "admin_url_file");
	int			   timeout_ms;

	if (url == NULL) {
		if (!settings_get_secret(ctx, "mongo.admin_url", &kept, e))
			return false;
		url = kept;
	}
	if (url == NULL) {
		err_set(e, ERR_MONGO, MONGO_NO_ACCOUNT, T_NO_ADMIN_URL);
		return err_hint(e, T_NO_ADMIN_URL_HINT);
	}
	if (!open_timeout(ctx, &timeout_ms, e))
		return false;
	if (!mongo_open_url(url, wants, timeout_ms, out, e))
		return err_context(e, T_ADMIN_URL);
	return true;
}

bool
mongo_keeper_url(struct ctx *ctx, struct secret **url, struct err *e)
{
	const struct secret	*given = ctx_secret(ctx, "admin_url_file");
	struct site		*site;
	struct site_origin	 origin;

	if (given != NULL)
		return (*url = secret_dup(given, e)) != NULL;
	if (!settings_get_secret(ctx, "mongo.admin_url", url, e))
		return false;
	return *url != NULL || (site_need(ctx, &site, e) &&
	    site_mongo_url(site, url, &origin, e));
}

void
mongo_close(struct mongo *m)
{
	if (m == NULL)
		return;
	/* In a child these sockets are the parent's: leave them alone. */
	if (m->client != NULL && m->pid == getpid())
		mongoc_client_destroy(m->client);
	if (m->uri != NULL)
		mongoc_uri_destroy(m->uri);
	free(m->shown);
	free(m->hosts);
	free(m);
}

void
mongo_close_at(struct mongo **m)
{
	mongo_close(*m);
}

bool
mongo_need(struct ctx *ctx, struct mongo **m, struct err *e)
{
	if (ctx->mongo != NULL && ctx->mongo->pid != getpid())
		mongo_forget(ctx);
	if (ctx->mongo == NULL &&
	    !mongo_open(ctx, MONGO_PRIMARY, &ctx->mongo, e))
		return false;
	*m = ctx->mongo;
	return true;
}

void
mongo_forget(struct ctx *ctx)
{
	mongo_close(ctx->mongo);
	ctx->mongo = NULL;
}

enum mongo_kind
mongo_kind(const struct mongo *m)
{
	return m->kind;
}

const char *
mongo_hosts(const struct mongo *m)
{
	return m->hosts;
}

const char *
mongo_url_shown(const struct mongo *m)
{
	return m->shown;
}

/*
 * The driver's errors as sentences: which server or account, why, and what to
 * do.  "No suitable servers" alone helps nobody; what each server's hello
 * said, and where the connection to the silent ones ends, does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/msg.h"

#include "driver.h"
#include "text.def"

/* How many silent servers are asked again by hand, and for how long. */
#define HOPS_MAX	3
#define HOP_TIMEOUT_MS	2000

static const char *
blame_user(const struct mongo *m)
{
	const char	*user = mongoc_uri_get_username(m->uri);
	const char	*mechanism = mongoc_uri_get_auth_mechanism(m->uri);

	if (user != NULL)
		return user;
	return mechanism != NULL && strcmp(mechanism, "MONGODB-X509") == 0 ?
	    T_USER_X509 : "";
}

static bool
blame_login(struct mongo *m, int code, struct err *e)
{
	const char	*source = mongoc_uri_get_auth_source(m->uri);
	const char	*mechanism = mongoc_uri_get_auth_mechanism(m->uri);

	if (mechanism != NULL && strcmp(mechanism, "MONGODB-X509") == 0) {
		err_set(e, ERR_MONGO, MONGO_AUTH_FAILED, T_LOGIN_X509,
		    m->hosts);
		return err_hint(e, T_LOGIN_X509_HINT);
	}
	(void)code;
	err_set(e, ERR_MONGO, MONGO_AUTH_FAILED, T_LOGIN, m->hosts,
	    blame_user(m), source != NULL ? source : "admin");
	return err_hint(e, T_LOGIN_HINT);
}

static bool
blame_rights(struct mongo *m, const struct mongo_need *need, struct err *e)
{
	const char	*user = blame_user(m);

	if (user[0] == '\0') {
		err_set(e, ERR_MONGO, MONGO_UNAUTHORIZED, T_RIGHTS_NO_USER,
		    m->hosts, need->what);
		return err_hint(e, T_RIGHTS_NO_USER_HINT);
	}
	err_set(e, ERR_MONGO, MONGO_UNAUTHORIZED, T_RIGHTS, user, need->what,
	    m->hosts);
	return err_hint(e, T_RIGHTS_HINT, need->role, need->db,
	    mongoc_uri_get_auth_source(m->uri));
}

/* Splits "host:port" and "[::1]:27017". */
static bool
hop_address(const char *name, char *host, size_t size, int *port)
{
	const char	*colon = strrchr(name, ':');
	size_t		 len;

	if (colon == NULL)
		return false;
	*port = (int)strtol(colon + 1, NULL, 10);
	len = (size_t)(colon - name);
	if (len >= 2 && name[0] == '[') {
		name++;
		len -= 2;
	}
	snprintf(host, size, "%.*s", (int)len, name);
	return *port > 0;
}

/* Why this server is silent, in why. */
static enum hop
blame_hop(struct mongo *m, const struct host_seen *s, char *why, size_t size)
{
	char		 host[256];
	struct hop_spec	 spec = {
		.host = host,
		.timeout_ms = m->timeout_ms < HOP_TIMEOUT_MS ?
		    m->timeout_ms : HOP_TIMEOUT_MS,
		.tls = mongoc_uri_get_tls(m->uri),
		.ca_file = mongoc_uri_get_option_as_utf8(m->uri,
		    MONGOC_URI_TLSCAFILE, NULL),
		.any_name = mongoc_uri_get_option_as_bool(m->uri,
		    MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, false),
		.any_certificate = mongoc_uri_get_option_as_bool(m->uri,
		    MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, false) ||
		    mongoc_uri_get_option_as_bool(m->uri,
		    MONGOC_URI_TLSINSECURE, false),
	};
	enum hop	 hop;

	if (!hop_address(s->name, host, sizeof(host), &spec.port)) {
		snprintf(why, size, "%s", s->why);
		return HOP_FINE;
	}
	hop = mongo_hop_try(&spec, why, size);
	if (hop != HOP_FINE)
		return hop;
	/* TLS is well up to here: what the probe has not is our certificate. */
	if (spec.tls) {
		snprintf(why, size, T_TLS_CLIENT, s->why);
		return HOP_TLS;
	}
	spec.tls = true;
	spec.any_certificate = true;
	if (mongo_hop_try(&spec, why, size) == HOP_FINE) {
		snprintf(why, size, T_TLS_WANTED);
		return HOP_TLS;
	}
	snprintf(why, size, T_HOP_SILENT, s->why);
	return HOP_TCP;
}

static const char *
hop_hint(enum hop hop)
{
	switch (hop) {
	case HOP_NAME:
		return T_HINT_NAME;
	case HOP_REFUSED:
		return T_HINT_REFUSED;
	case HOP_TIMEOUT:
	case HOP_TCP:
		return T_HINT_TIMEOUT;
	case HOP_HANGS:
		return T_HINT_HANGS;
	case HOP_TLS:
		return T_HINT_TLS;
	default:
		return T_HINT_OTHER;
	}
}

/* "a:27017 refuses the connection; b:27017 ...", and the first reason. */
static enum hop
blame_silent(struct mongo *m, struct buf *out)
{
	enum hop	 first = HOP_FINE, hop;
	char		 why[256];
	unsigned	 asked = 0;
	size_t		 i;

	for (i = 0; i < m->seen_count && asked < HOPS_MAX; i++) {
		if (m->seen[i].answered)
			continue;
		hop = blame_hop(m, &m->seen[i], why, sizeof(why));
		if (first == HOP_FINE)
			first = hop;
		buf_printf(out, "%s%s: %s", out->len > 0 ? "; " : "",
		    m->seen[i].name, why);
		asked++;
	}
	return first;
}

static bool
blame_unreachable(struct mongo *m, const bson_error_t *be, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	enum hop		 hop = blame_silent(m, &text);

	err_set(e, ERR_MONGO, hop == HOP_TLS ? MONGO_BAD_TLS :
	    MONGO_UNREACHABLE, T_UNREACHABLE,
	    text.len > 0 ? buf_str(&text) : be->message);
	if (e != NULL)
		e->retryable = hop == HOP_REFUSED || hop == HOP_TIMEOUT ||
		    hop == HOP_HANGS;
	return err_hint(e, "%s", hop_hint(hop));
}

/* One server that answered but is not what the URL asks for. */
static bool
blame_member(struct mongo *m, const struct host_seen *s, struct err *e)
{
	const char	*wanted = mongoc_uri_get_replica_set(m->uri);

	if (s->is_ghost) {
		err_set(e, ERR_MONGO, MONGO_NOT_SET, T_SET_GHOST, s->name);
		return err_hint(e, T_SET_GHOST_HINT);
	}
	if (wanted == NULL)
		return true;
	if (s->set[0] == '\0') {
		err_set(e, ERR_MONGO, MONGO_NOT_SET, T_SET_STANDALONE,
		    s->name, wanted);
		return err_hint(e, T_SET_STANDALONE_HINT, wanted);
	}
	if (strcmp(s->set, wanted) != 0) {
		err_set(e, ERR_MONGO, MONGO_NOT_SET, T_SET_OTHER, s->name,
		    s->set, wanted);
		return err_hint(e, T_SET_OTHER_HINT, s->set);
	}
	return true;
}

static bool
blame_no_primary(struct mongo *m, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*set = "";
	size_t			 i;

	for (i = 0; i < m->seen_count; i++) {
		if (!m->seen[i].answered)
			continue;
		set = m->seen[i].set;
		buf_printf(&text, "%s%s: %s", text.len > 0 ? "; " : "",
		    m->seen[i].name, m->seen[i].is_secondary ?
		    T_STATE_SECONDARY : T_STATE_OTHER);
	}
	blame_silent(m, &text);
	err_set(e, ERR_MONGO, MONGO_NO_PRIMARY, T_NO_PRIMARY, set,
	    buf_str(&text));
	if (e != NULL)
		e->retryable = true;
	return err_hint(e, T_NO_PRIMARY_HINT);
}

static bool
blame_wire(struct mongo *m, const bson_error_t *be, struct err *e)
{
	const struct host_seen	*s = NULL;
	size_t			 i;

	for (i = 0; i < m->seen_count && s == NULL; i++)
		if (m->seen[i].answered)
			s = &m->seen[i];
	err_set(e, ERR_MONGO, MONGO_WIRE_VERSION, T_WIRE,
	    s != NULL ? s->name : m->hosts, s != NULL ? s->min_wire : 0,
	    s != NULL ? s->max_wire : 0, mongoc_get_version(), be->message);
	return err_hint(e, s != NULL && s->min_wire > 17 ? T_WIRE_NEW_HINT :
	    T_WIRE_OLD_HINT);
}

/* No server that fits was found. */
static bool
blame_selection(struct mongo *m, const bson_error_t *be, struct err *e)
{
	bool	 answered = false;
	size_t	 i;

	for (i = 0; i < m->seen_count; i++) {
		if (!m->seen[i].answered)
			continue;
		answered = true;
		if (!blame_member(m, &m->seen[i], e))
			return false;
	}
	return answered ? blame_no_primary(m, e) :
	    blame_unreachable(m, be, e);
}

static bool
code_is_failover(int code)
{
	static const int codes[] = {	/* error_codes.yml: find the primary */
		91, 189, 10107, 11600, 11602, 13435, 13436
	};
	size_t	 i;

	for (i = 0; i < LENGTH(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

bool
mongo_blame(struct mongo *m, const bson_error_t *be,
    const struct mongo_need *need, struct err *e)
{
	const int	 code = (int)be->code;

	if ((be->domain == MONGOC_ERROR_CLIENT &&
	    code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
	    (be->domain == MONGOC_ERROR_SERVER && code == MONGO_AUTH_FAILED))
		return blame_login(m, code, e);
	if (be->domain == MONGOC_ERROR_SERVER && code == MONGO_UNAUTHORIZED)
		return blame_rights(m, need, e);
	if ((be->domain == MONGOC_ERROR_PROTOCOL ||
	    be->domain == MONGOC_ERROR_SERVER_SELECTION) &&
	    (code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION ||
	    code == MONGOC_ERROR_SERVER_SELECTION_BAD_WIRE_VERSION))
		return blame_wire(m, be, e);
	if (be->domain == MONGOC_ERROR_SERVER_SELECTION)
		return blame_selection(m, be, e);
	if (be->domain == MONGOC_ERROR_STREAM) {
		err_set(e, ERR_MONGO, MONGO_UNREACHABLE, T_LOST, m->hosts,
		    need->what, be->message);
		err_hint(e, T_HINT_OTHER);
	} else if (be->domain == MONGOC_ERROR_WRITE_CONCERN) {
		err_set(e, ERR_MONGO, MONGO_WRITE_CONCERN, T_WRITE_CONCERN,
		    need->what, MONGO_WTIMEOUT_MS / 1000, be->message);
		err_hint(e, T_WRITE_CONCERN_HINT);
	} else {
		err_set(e, ERR_MONGO, code, T_OTHER, m->hosts, need->what,
		    be->message);
		err_hint(e, T_OTHER_HINT, code);
	}
	if (e != NULL)
		e->retryable = be->domain == MONGOC_ERROR_STREAM ||
		    be->domain == MONGOC_ERROR_WRITE_CONCERN ||
		    code_is_failover(code);
	return false;
}

/* A writeErrors or writeConcernErrors array (or the single subdocument). */
static bool
reply_error(const bson_t *reply, const char *name, bson_error_t *be,
    uint32_t domain)
{
	bson_iter_t	 it, in;

	if (!bson_iter_init_find(&it, reply, name) ||
	    !bson_iter_recurse(&it, &in))
		return false;
	if (BSON_ITER_HOLDS_ARRAY(&it)) {
		if (!bson_iter_next(&in))
			return false;
		it = in;
		if (!bson_iter_recurse(&it, &in))
			return false;
	}
	memset(be, 0, sizeof(*be));
	be->domain = domain;
	while (bson_iter_next(&in)) {
		if (strcmp(bson_iter_key(&in), "code") == 0)
			be->code = (uint32_t)bson_iter_as_int64(&in);
		if (strcmp(bson_iter_key(&in), "errmsg") == 0 &&
		    BSON_ITER_HOLDS_UTF8(&in))
			snprintf(be->message, sizeof(be->message), "%s",
			    bson_iter_utf8(&in, NULL));
	}
	return true;
}

bool
mongo_reply_check(struct mongo *m, const bson_t *reply,
    const struct mongo_need *need, struct err *e)
{
	bson_error_t	 be;

	if (reply_error(reply, "writeErrors", &be, MONGOC_ERROR_SERVER))
		return mongo_blame(m, &be, need, e);
	if (reply_error(reply, "writeConcernErrors", &be,
	    MONGOC_ERROR_WRITE_CONCERN) ||
	    reply_error(reply, "writeConcernError", &be,
	    MONGOC_ERROR_WRITE_CONCERN))
		return mongo_blame(m, &be, need, e);
	return true;
}

/* A direct connection takes whatever member the URL names. */
bool
mongo_role_check(struct mongo *m, enum mongo_wants wants, struct err *e)
{
	const struct host_seen	*s;

	if (wants == MONGO_ANY || m->seen_count != 1)
		return true;
	s = &m->seen[0];
	if (!blame_member(m, s, e))
		return false;
	if (s->is_primary || s->is_mongos)
		return true;
	err_set(e, ERR_MONGO, MONGO_NO_PRIMARY, T_ONLY_SECONDARY, s->name,
	    s->set);
	if (e != NULL)
		e->retryable = true;
	return err_hint(e, T_ONLY_SECONDARY_HINT, s->set);
}

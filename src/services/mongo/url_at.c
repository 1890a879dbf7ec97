/*
 * A URL for one of its servers: the same account and TLS, another host, and
 * directConnection, so that what is asked is answered by that member and by
 * no other.
 */
#include <string.h>

#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/secret.h"
#include "stconsole/str.h"

/* Where the parts of a URL lie; each by address and length. */
struct parts {
	const char	*user, *database, *options;
	size_t		 user_len, database_len;
	bool		 is_srv;
};

static void
url_split(const char *url, struct parts *p)
{
	const char	*rest = strstr(url, "://");
	const char	*at;
	size_t		 authority;

	rest = rest == NULL ? url : rest + 3;
	p->is_srv = str_starts(url, "mongodb+srv:");
	authority = strcspn(rest, "/?");
	at = authority == 0 ? NULL : memrchr(rest, '@', authority);
	p->user = rest;
	p->user_len = at == NULL ? 0 : (size_t)(at - rest);
	p->database = rest + authority + (rest[authority] == '/');
	p->database_len = strcspn(p->database, "?");
	p->options = p->database + p->database_len;
	p->options += *p->options == '?';
}

/* Options that speak of several servers, or of what is decided here. */
static bool
option_is_dropped(const char *option, size_t len, bool no_login)
{
	static const char *const always[] = { "replicaSet", "directConnection",
		"readPreference", "readPreferenceTags", "loadBalanced",
		"srvServiceName", "srvMaxHosts" };
	static const char *const account[] = { "authSource", "authMechanism",
		"authMechanismProperties" };
	size_t	 name = strcspn(option, "=&;"), i;

	if (name > len)
		name = len;
	for (i = 0; i < LENGTH(always); i++)
		if (strlen(always[i]) == name &&
		    strncasecmp(option, always[i], name) == 0)
			return true;
	for (i = 0; no_login && i < LENGTH(account); i++)
		if (strlen(account[i]) == name &&
		    strncasecmp(option, account[i], name) == 0)
			return true;
	return false;
}

static bool
option_is_given(const char *options, const char *name)
{
	size_t	 len = strlen(name), n;

	for (; *options != '\0'; options += n + (options[n] != '\0')) {
		n = strcspn(options, "&;");
		if (n > len && options[len] == '=' &&
		    strncasecmp(options, name, len) == 0)
			return true;
	}
	return false;
}

static void
options_copy(struct buf *out, const char *options, bool no_login)
{
	size_t	 n;

	for (; *options != '\0'; options += n + (options[n] != '\0')) {
		n = strcspn(options, "&;");
		if (n == 0 || option_is_dropped(options, n, no_login))
			continue;
		buf_putc(out, '&');
		buf_add(out, options, n);
	}
}

bool
mongo_url_at(const struct secret *url, const char *member, bool no_login,
    struct secret **out, struct err *e)
{
	struct buf	 b = BUF_INIT;
	struct parts	 p;
	bool		 has_user;

	/* Room for all of it at once: growing would leave a copy behind. */
	buf_reserve(&b, secret_len(url) + strlen(member) + 64);
	url_split(secret_reveal(url), &p);
	has_user = p.user_len > 0 && !no_login;
	buf_puts(&b, "mongodb://");
	if (has_user) {
		buf_add(&b, p.user, p.user_len);
		buf_putc(&b, '@');
	}
	buf_printf(&b, "%s/", member);
	if (has_user)
		buf_add(&b, p.database, p.database_len);
	buf_puts(&b, "?directConnection=true");
	options_copy(&b, p.options, no_login);
	/* What DNS would have said. */
	if (p.is_srv && !option_is_given(p.options, "tls") &&
	    !option_is_given(p.options, "ssl"))
		buf_puts(&b, "&tls=true");
	if (p.is_srv && has_user && p.database_len == 0 &&
	    !option_is_given(p.options, "authSource"))
		buf_puts(&b, "&authSource=admin");
	*out = buf_ok(&b, e) ? secret_new(b.data, b.len, e) : NULL;
	buf_wipe(&b);
	return *out != NULL;
}
